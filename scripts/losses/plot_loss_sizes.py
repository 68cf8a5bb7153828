"""Learning curves: information and figure of merit against the number of simulations."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.losses import figures

io.configure_log(snakemake.log[0])
inputs, footer = snakemake.input, style.footer(**snakemake.params.footer)

figure = figures.learning_curves(io.load_table(inputs.sizes), io.load_table(inputs.losses), footer=footer)
io.save_figure(snakemake.output[0], figure)
