"""Shifts and widths of posteriors learned from every kind of maps."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.emulator import figures

io.configure_log(snakemake.log[0])
table = io.load_table(snakemake.input[0])
names = ["Omega_c", "sigma8"]
io.save_figure(snakemake.output[0], figures.posteriors(table, names, footer=style.footer(**snakemake.params.footer)))
