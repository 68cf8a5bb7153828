"""What is lost by a summary and what by the estimator, at one observation."""

from pathlib import Path

from fullfield import io
from fullfield.compress.compressor import load_compressors
from fullfield.inference.method import find
from fullfield.keys import stage_key
from fullfield.pipeline import problem
from fullfield.resume import Resume
from fullfield.studies.losses import local_comparison
from fullfield.studies.losses.local import LocalSettings

io.configure_log(snakemake.log[0])
params, inputs, wildcards = snakemake.params, snakemake.input, snakemake.wildcards

setup, method = problem.load_lensing(inputs.surrogate), find(params.method)
own = {"observation": wildcards.observation}
parts = inputs.surrogate, inputs.networks, inputs.judged, inputs.estimator
resume = Resume.of(params.checkpoint, params.budget, params.seed, params.code, *map(Path, parts))
row = local_comparison.judge_locally(
    stage_key(params.seed, "judge_locally", wildcards.summary, wildcards.observation),
    setup,
    local_comparison.Amortised(
        # Of the first training: the first ensemble of flows.
        compressor=load_compressors(inputs.networks)[0],
        features=params.features,
        method=method,
        estimator=method.load(inputs.estimator).select(slice(params.num_flows)),
        theta=io.load_dataset(inputs.judged)["draws"].isel(seed=0).sel(own).values,
    ),
    io.load_dataset(inputs.observed)["features"].sel(own).values[0],
    io.load_samples(inputs.reference)["theta"].values,
    LocalSettings.from_budget(params.budget, num_flows=params.num_flows, num_rows=params.num_rows, seed=params.seed),
    resume=resume,
)
io.save_table(snakemake.output[0], row.assign(summary=wildcards.summary, **own))
resume.remove()
