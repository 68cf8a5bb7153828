"""Train the networks of one summary, all seeds in one job; an interrupted training goes on from its checkpoint."""

from pathlib import Path

from fullfield import io
from fullfield.compress.compressor import save_compressors
from fullfield.compress.fit import CompressorSettings
from fullfield.pipeline import compression, problem, stored_features
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

maps = None
if params.has_convolutions:
    setup = problem.load_lensing(snakemake.input.surrogate)
    source = problem.lensing_problem(setup, params.seed, params.split)
    maps = stored_features.maps_of(source, params.seed, params.split)
settings = (params.loss, params.seeds, params.budget, params.seed, wildcards.size)
files = [Path(path) for path in snakemake.input if path]
resume = Resume.of(params.checkpoint, *settings, params.code, *files)
trained = compression.train_on_features(
    io.load_dataset(snakemake.input.stored),
    compression.Training(params.loss, params.seeds, params.seed, int(wildcards.size)),
    CompressorSettings.from_budget(params.budget),
    over_prior=io.load_dataset(snakemake.input.over_prior) if snakemake.input.over_prior else None,
    maps=maps,
    resume=resume,
)
about = {"loss": params.loss, "seeds": params.seeds}
attrs = provenance(wildcards.scale, params.seed, params.budget, **trained.cost(), **about)
save_compressors(snakemake.output.weights, trained.compressors, attrs)
io.save_table(snakemake.output.history, trained.history)
resume.remove()
