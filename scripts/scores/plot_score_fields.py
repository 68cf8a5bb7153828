"""Score fields of the two moons: the target's and those of several kinds of flows."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.scores import field_figures

io.configure_log(snakemake.log[0])
inputs, footer = snakemake.input, style.footer(**snakemake.params.footer)

figure = field_figures.score_fields(io.load_dataset(inputs.fields), io.load_table(inputs.table), footer=footer)
io.save_figure(snakemake.output[0], figure)
