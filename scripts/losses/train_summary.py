"""Train the networks of one summary, all seeds in one job; an interrupted training goes on from its checkpoint."""

from pathlib import Path

from fullfield import io
from fullfield.compress.fit import save_compressors
from fullfield.pipeline import compression
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

digest = io.digest(
    params.loss, params.seeds, params.budget, params.seed, params.code, wildcards.size, Path(snakemake.input.stored)
)
trained = compression.train_on_features(
    io.load_dataset(snakemake.input.stored),
    params.loss,
    params.seeds,
    params.seed,
    params.budget,
    num_simulations=int(wildcards.size),
    checkpoint=params.checkpoint,
    digest=digest,
)
about = {"loss": params.loss, "seeds": params.seeds}
settings = provenance(wildcards.scale, params.seed, params.budget, **trained.cost(), **about)
save_compressors(snakemake.output.weights, trained.compressors, settings)
io.save_table(snakemake.output.history, trained.history)
io.remove_checkpoint(params.checkpoint)
