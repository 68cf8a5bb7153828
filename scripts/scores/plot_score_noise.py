"""How much of the scores is noise, and what scores bring where posteriors are far from Gaussian."""

import pandas as pd

from fullfield import io
from fullfield.plots import style
from fullfield.studies.scores import figures, tables

io.configure_log(snakemake.log[0])
inputs, outputs, footer = snakemake.input, snakemake.output, style.footer(**snakemake.params.footer)

noise, differences, yardsticks = (
    pd.concat([io.load_table(path) for path in inputs[name]], ignore_index=True)
    for name in ("noise", "differences", "yardsticks")
)
io.save_figure(outputs.noise, figures.noise(noise, footer=footer))
gains = tables.gains(differences, yardsticks)
io.save_figure(outputs.gains, figures.gains(gains, footer=footer))
