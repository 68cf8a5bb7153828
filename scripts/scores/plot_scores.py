"""C2ST and log density against the number of simulations, with and without scores."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.scores import figures, tables

io.configure_log(snakemake.log[0])
inputs, footer = snakemake.input, style.footer(**snakemake.params.footer)

curves, yardsticks = io.load_table(inputs.curves), io.load_table(inputs.yardsticks)
if not snakemake.params.early_stopping:
    yardsticks = yardsticks[:0]  # of another test
io.save_figure(snakemake.output[0], figures.learning_curves(curves, tables.published(), yardsticks, footer=footer))
