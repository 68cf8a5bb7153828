"""Shifts and widths of posteriors learned from every kind of maps."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.emulator import posterior_figures

io.configure_log(snakemake.log[0])
table = io.load_table(snakemake.input[0])
footer = style.footer(**snakemake.params.footer)
io.save_figure(snakemake.output[0], posterior_figures.posteriors(table, ["Omega_c", "sigma8"], footer=footer))
