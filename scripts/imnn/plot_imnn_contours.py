"""Contours of the exact posterior of one target and of what every method makes of the network's summary."""

from fullfield import io
from fullfield.plots import style
from fullfield.plots.contours import triangle

io.configure_log(snakemake.log[0])
data, draws = io.load_dataset(snakemake.input.data), io.load_dataset(snakemake.input.draws)

first = draws["theta"].isel(observation=0)
# `sel` has an argument named method, too.
samples = {str(name): first.sel({"method": name}).values[None] for name in draws["method"].values}
samples["reference"] = data["target_posterior"].values[:1]
names = tuple(data["parameter"].values.tolist())
truth = dict(zip(names, data["target_theta"].values[0].tolist(), strict=True))
ranges = dict(zip(names, data["range"].values.tolist(), strict=True))
footer = style.footer(**snakemake.params.footer)
io.save_figure(snakemake.output[0], triangle(samples, names, truth=truth, ranges=ranges, footer=footer))
