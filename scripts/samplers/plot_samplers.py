"""Accuracy against cost of every sampler."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.samplers import figures

io.configure_log(snakemake.log[0])
params = snakemake.params

table = io.load_table(snakemake.input.table)
curves = {name: io.load_table(path) for name, path in zip(table["sampler"], snakemake.input.curves, strict=True)}
io.save_figure(snakemake.output[0], figures.samplers(curves, table, footer=style.footer(**params.footer)))
