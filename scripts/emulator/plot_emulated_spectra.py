"""Power, its variance and the correlation with expensive maps of every kind of maps."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.emulator import figures

io.configure_log(snakemake.log[0])
statistics = io.load_table(snakemake.input[0])
io.save_figure(snakemake.output[0], figures.spectra(statistics, footer=style.footer(**snakemake.params.footer)))
