"""Learning curves of a compressor."""

from fullfield import io
from fullfield.plots import palette, style, training

io.configure_log(snakemake.log[0])
params = snakemake.params
footer = style.footer(**params.footer)

title = f"compressor {palette.NAMES[snakemake.wildcards.compressor]}"
history = io.load_table(snakemake.input.history)
io.save_figure(snakemake.output[0], training.training_curves(history, footer=footer, title=title))
