"""Paths between two Gaussians by optimal and by independent pairs."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.emulator import figures

io.configure_log(snakemake.log[0])
paths, errors = io.load_dataset(snakemake.input.paths), io.load_table(snakemake.input.errors)
figure = figures.paths(paths, errors, footer=style.footer(**snakemake.params.footer))
io.save_figure(snakemake.output[0], figure)
