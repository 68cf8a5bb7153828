"""Simulate maps and keep their features; an interrupted job goes on from its checkpoint."""

from pathlib import Path

from fullfield import io
from fullfield.pipeline import problem, stored_features
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

setup = problem.load_lensing(snakemake.input.surrogate, params.survey, params.num_pixels)
settings = {"num_simulations": params.num_simulations, "num_views": params.num_views}
digest = io.digest(settings, params.features, params.seed, params.survey, params.code, Path(snakemake.input.surrogate))
extracted = stored_features.extract_features(
    setup, params.seed, wildcards.split, params.features, **settings, checkpoint=params.checkpoint, digest=digest
)
for name, path in zip(params.features, snakemake.output, strict=True):
    attrs = provenance(
        wildcards.scale,
        params.seed,
        settings,
        simulations=extracted.num_simulations,
        gradients=extracted.num_gradients[name],
        num_discarded=extracted.num_discarded,
        split=wildcards.split,
    )
    io.save_dataset(path, extracted.datasets[name], attrs)
io.remove_checkpoint(params.checkpoint)
