"""Contours of the posteriors that the losses lead to, with the full field."""

from fullfield import io
from fullfield.metrics.chains import with_s8
from fullfield.pipeline import posteriors, priors
from fullfield.plots import contours, style

io.configure_log(snakemake.log[0])
params, inputs = snakemake.params, snakemake.input

reference = io.load_samples(inputs.reference)
draws = {"reference": reference["theta"].values}
for name, path in zip(params.summaries, inputs.judged, strict=True):
    draws[name] = io.load_dataset(path)["draws"].sel(observation="simulated").values
names = tuple(reference["parameter"].values)
samples, extended, ranges = posteriors.beside_prior(draws, names, priors.load_prior().prior, params.seed)
theta = with_s8(io.load_dataset(inputs.observation)["theta"].values, names)[0].tolist()
figure = contours.triangle(
    samples,
    extended,
    footer=style.footer(**params.footer),
    ranges=ranges,
    truth=dict(zip(extended, theta, strict=True)),
    show=(*contours.CONSTRAINED, "S8"),
)
io.save_figure(snakemake.output[0], figure)
