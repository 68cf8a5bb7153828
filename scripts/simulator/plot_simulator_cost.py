"""Time per set of maps against the number of pixels, beside the floor of the machine."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.simulator import figures

io.configure_log(snakemake.log[0])

table = io.load_table(snakemake.input.table)
footer = style.footer(**{**snakemake.params.footer, "num_pixels": None})
io.save_figure(snakemake.output[0], figures.cost(table, footer=footer))
