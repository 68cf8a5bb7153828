"""Contours of every method, the reference and the prior, with the truth where it is known."""

from fullfield import io
from fullfield.metrics.chains import with_s8
from fullfield.pipeline import posteriors, priors
from fullfield.plots import contours, style

io.configure_log(snakemake.log[0])
params = snakemake.params
footer = style.footer(**params.footer)

parameters, prior = priors.load_prior(snakemake.input.simulations)
files = dict(zip(params.methods, snakemake.input.posteriors, strict=True))
if snakemake.input.reference:
    files = {"reference": snakemake.input.reference[0], **files}
samples = {name: io.load_samples(path)["theta"].values for name, path in files.items()}
samples, names, ranges = posteriors.beside_prior(samples, parameters, prior, params.seed)
observation = io.load_dataset(snakemake.input.observation)
truth = None
if "theta" in observation:
    truth = dict(zip(names, with_s8(observation["theta"].values, parameters)[0].tolist(), strict=True))
shown = {"all": names, "main": contours.CONSTRAINED if set(contours.CONSTRAINED) <= set(names) else names}
for output, show in shown.items():
    figure = contours.triangle(samples, names, footer=footer, ranges=ranges, truth=truth, show=show)
    io.save_figure(snakemake.output[output], figure)
