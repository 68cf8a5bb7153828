"""Contours of what the power spectrum, a Gaussian field and the full field know."""

from fullfield import io
from fullfield.metrics.chains import with_s8
from fullfield.pipeline import posteriors, priors
from fullfield.plots import contours, style

io.configure_log(snakemake.log[0])
params = snakemake.params

files = [io.load_samples(path) for path in snakemake.input.posteriors]
draws = {method: file["theta"].values for method, file in zip(params.methods, files, strict=True)}
names = tuple(files[0]["parameter"].values)
samples, extended, ranges = posteriors.beside_prior(draws, names, priors.load_prior().prior, params.seed)
observation = io.load_dataset(snakemake.input.observation)
truth = None
if "theta" in observation:
    truth = dict(zip(extended, with_s8(observation["theta"].values, names)[0].tolist(), strict=True))
figure = contours.triangle(
    samples,
    extended,
    footer=style.footer(**params.footer),
    ranges=ranges,
    truth=truth,
    show=(*contours.CONSTRAINED, "S8"),
)
io.save_figure(snakemake.output[0], figure)
