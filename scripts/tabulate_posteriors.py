"""Means and marginal limits of every method, the reference and the prior."""

from fullfield import io
from fullfield.pipeline import posteriors, problem, tables
from fullfield.plots.contours import marginal_limits

io.configure_log(snakemake.log[0])
params, task = snakemake.params, snakemake.wildcards.task

source = problem.load(task, snakemake.input.source, params.seed, "posteriors")
parts = []
for keys, path in zip(params.labels, snakemake.input.posteriors, strict=True):
    draws = io.load_samples(path)["theta"].values
    samples, names, ranges = posteriors.beside_prior(
        {keys["method"]: draws}, source.parameter_names, source.prior, params.seed
    )
    for method in [keys["method"]] if parts else samples:
        parts.append(({**keys, "method": method}, marginal_limits(samples[method], names, ranges)))
io.save_table(snakemake.output[0], tables.collect(parts).assign(scale=snakemake.wildcards.scale), tex=True)
