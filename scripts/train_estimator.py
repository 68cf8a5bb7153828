"""Train the posterior estimators of all seeds; an interrupted training goes on from its checkpoint."""

from pathlib import Path

from fullfield import io
from fullfield.inference.method import Simulations, find
from fullfield.pipeline import estimation
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

method = find(wildcards.method)
simulations = io.load_dataset(snakemake.input.simulations)
resume = Resume.of(params.checkpoint, params.budget, params.seed, params.code, Path(snakemake.input.simulations))
estimator, history = estimation.train_estimator(
    method,
    Simulations(*(simulations[name].values if name in simulations else None for name in ("u", "summary", "score"))),
    f"{wildcards.method}_{wildcards.compressor}",
    params.seed,
    params.budget,
    resume=resume,
)
attrs = provenance(wildcards.scale, params.seed, params.budget)
method.save(snakemake.output.weights, estimator, attrs)
io.save_table(snakemake.output.history, history)
resume.remove()
