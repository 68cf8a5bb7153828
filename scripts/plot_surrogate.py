"""Accuracy of the surrogate of the spectra, pair by pair."""

from fullfield import io
from fullfield.plots import style, surrogate

io.configure_log(snakemake.log[0])
params = snakemake.params
footer = style.footer(**params.footer)

accuracy = io.load_table(snakemake.input.accuracy)
io.save_figure(snakemake.output[0], surrogate.surrogate_accuracy(accuracy, footer=footer, goal=params.goal))
