"""Learning curves of the posterior estimators, one colour per seed."""

from fullfield import io
from fullfield.plots import palette, style, training

io.configure_log(snakemake.log[0])
params = snakemake.params
footer = style.footer(**params.footer)

wildcards = snakemake.wildcards
title = f"{palette.spelled(wildcards.method)} on {palette.spelled(wildcards.compressor)} summaries"
history = io.load_table(snakemake.input.history)
io.save_figure(snakemake.output[0], training.training_curves(history, footer=footer, title=title))
