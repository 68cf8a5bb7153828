"""Simulations and gradients of every stage."""

from fullfield import io
from fullfield.plots import cost, style

io.configure_log(snakemake.log[0])
params = snakemake.params
footer = style.footer(**params.footer)

io.save_figure(snakemake.output[0], cost.cost(io.load_table(snakemake.input.cost), footer=footer))
