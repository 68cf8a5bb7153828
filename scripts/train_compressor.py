"""Train one compressor; an interrupted training goes on from its checkpoint."""

from pathlib import Path

from fullfield import io
from fullfield.studies import compression, problem
from fullfield.studies.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

source = problem.load(
    wildcards.task,
    snakemake.input.source,
    params.survey,
    params.num_pixels,
    params.seed,
    "compressor",
    params.budget["features"],
)
digest = io.digest(params.budget, params.seed, params.survey, params.code, Path(snakemake.input.source))
trained = compression.train_compressor(
    source, wildcards.compressor, params.seed, params.budget, checkpoint=params.checkpoint, digest=digest
)
settings = provenance(
    wildcards.scale,
    params.seed,
    params.budget,
    simulations=trained.num_simulations,
    gradients=trained.num_gradients,
    num_discarded=trained.num_discarded,
)
trained.compressor.save(snakemake.output.weights, settings)
io.save_table(snakemake.output.history, trained.history)
io.remove_checkpoint(params.checkpoint)
io.remove_checkpoint(compression.views_checkpoint(params.checkpoint))
