"""Spectra of own cheap and emulated maps over those of the expensive simulator."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.emulator import figures

io.configure_log(snakemake.log[0])
statistics = io.load_table(snakemake.input[0])
io.save_figure(snakemake.output[0], figures.unpaired(statistics, footer=style.footer(**snakemake.params.footer)))
