"""Score estimates of targets of one true point, before the summary was trained near it and after."""

import pandas as pd

from fullfield import io
from fullfield.plots import style
from fullfield.studies.imnn import figures, tables

io.configure_log(snakemake.log[0])
inputs, footer = snakemake.input, style.footer(**snakemake.params.footer)

estimates = pd.concat(map(io.load_table, inputs.estimates), ignore_index=True)
with_points = tables.with_points(estimates, io.load_table(inputs.information))
io.save_figure(snakemake.output[0], figures.estimates(with_points, footer=footer))
