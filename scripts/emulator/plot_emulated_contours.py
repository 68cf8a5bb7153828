"""Posteriors of one expensive observation, learned from maps of each kind."""

from fullfield import io
from fullfield.plots import style
from fullfield.plots.contours import triangle

io.configure_log(snakemake.log[0])
params = snakemake.params

datasets = {kind: io.load_dataset(path) for kind, path in zip(params.kinds, snakemake.input, strict=True)}
samples = {kind: one["theta"].isel(observation=0).values for kind, one in datasets.items()}
first = datasets["expensive"]
names = tuple(first["parameter"].values.tolist())
truth = dict(zip(names, first["truth"].values[0].tolist(), strict=True))
ranges = dict(zip(names, params.ranges, strict=True))
footer = style.footer(**params.footer)
io.save_figure(snakemake.output[0], triangle(samples, names, truth=truth, ranges=ranges, footer=footer))
