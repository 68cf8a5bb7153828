"""Information of networks against the training step, with the exact information as the ceiling."""

import pandas as pd

from fullfield import io
from fullfield.plots import style
from fullfield.studies.imnn import figures

io.configure_log(snakemake.log[0])
inputs, footer = snakemake.input, style.footer(**snakemake.params.footer)

history = pd.concat(map(io.load_table, inputs.history), ignore_index=True)
io.save_figure(snakemake.output[0], figures.training(history, io.load_table(inputs.information), footer=footer))
