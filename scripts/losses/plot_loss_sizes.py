"""Learning curves: information and figure of merit against the number of simulations."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.losses import figures

io.configure_log(snakemake.log[0])
inputs, footer = snakemake.input, style.footer(**snakemake.params.footer)

sizes, planes, losses = (io.load_table(path) for path in (inputs.sizes, inputs.planes, inputs.losses))
io.save_figure(snakemake.output[0], figures.learning_curves(sizes, planes, losses, footer=footer))
