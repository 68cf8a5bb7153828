"""Simulate maps and keep their features; an interrupted job goes on from its checkpoint."""

from pathlib import Path

from fullfield import io
from fullfield.pipeline import problem, stored_features
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

setup = problem.load_lensing(snakemake.input.surrogate)
settings = {"num_simulations": params.num_simulations, "num_views": params.num_views}
split = stored_features.Split(wildcards.split, [wildcards.features], **settings)
surrogate = Path(snakemake.input.surrogate)
resume = Resume.of(params.checkpoint, settings, wildcards.features, params.seed, params.code, surrogate)
extracted = stored_features.extract_features(setup, params.seed, split, resume=resume)
attrs = provenance(
    wildcards.scale,
    params.seed,
    settings,
    simulations=extracted.num_simulations,
    gradients=extracted.num_gradients[wildcards.features],
    num_discarded=extracted.num_discarded,
    split=wildcards.split,
)
io.save_dataset(snakemake.output[0], extracted.datasets[wildcards.features], attrs)
resume.remove()
