"""C2ST of rejection against the share of simulations that is accepted."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.imnn import figures

io.configure_log(snakemake.log[0])
inputs, footer = snakemake.input, style.footer(**snakemake.params.footer)

acceptance, posteriors = io.load_table(inputs.acceptance), io.load_table(inputs.posteriors)
io.save_figure(snakemake.output[0], figures.rejection(acceptance, posteriors, footer=footer))
