"""Means and marginal limits of every method, the reference and the prior."""

from fullfield import io
from fullfield.pipeline import posteriors, priors, tables
from fullfield.plots.contours import marginal_limits

io.configure_log(snakemake.log[0])
params = snakemake.params

parameters, prior = priors.load_prior(snakemake.input.simulations)
parts = []
for keys, path in zip(params.labels, snakemake.input.posteriors, strict=True):
    draws = io.load_samples(path)["theta"].values
    samples, names, ranges = posteriors.beside_prior({keys["method"]: draws}, parameters, prior, params.seed)
    for method in [keys["method"]] if parts else samples:
        parts.append(({**keys, "method": method}, marginal_limits(samples[method], names, ranges)))
io.save_table(snakemake.output[0], tables.collect(parts).assign(scale=snakemake.wildcards.scale), tex=True)
