"""Contours of one posterior and of fits of it, with and without scores, at one number of simulations."""

from fullfield import io
from fullfield.plots import style
from fullfield.plots.contours import triangle
from fullfield.studies.scores.cases import MOONS
from fullfield.studies.scores.figures import style_key

io.configure_log(snakemake.log[0])
examples = io.load_dataset(snakemake.input[0]).sel(num_simulations=int(snakemake.wildcards.contour_size))

names = tuple(examples["parameter"].values.tolist())
samples = {style_key(kind): examples["draws"].sel(kind=kind).values[None] for kind in examples["kind"].values}
samples["reference"] = examples["reference"].values[None]
# The density in the plane has no true point.
values = [] if snakemake.wildcards.case == MOONS else examples["truth"].values.tolist()
truth = dict(zip(names, values, strict=False))
footer = style.footer(**snakemake.params.footer)
io.save_figure(snakemake.output[0], triangle(samples, names, truth=truth, footer=footer))
