"""Losses of emulators against the step."""

import pandas as pd

from fullfield import io
from fullfield.plots import style
from fullfield.studies.emulator import figures

io.configure_log(snakemake.log[0])
history = pd.concat(map(io.load_table, snakemake.input), ignore_index=True)
io.save_figure(snakemake.output[0], figures.training(history, footer=style.footer(**snakemake.params.footer)))
