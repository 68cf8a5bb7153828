"""Compress simulations: stored features of them, or maps from the prior made one at a time."""

from fullfield import io
from fullfield.compress.fit import load_compressors
from fullfield.pipeline import problem, summaries
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

source = problem.load(wildcards.task, snakemake.input.source, params.seed, wildcards.split, params.features)
compressor = load_compressors(snakemake.input.compressor, source.features)[0]
split = wildcards.split
if snakemake.input.features:
    simulated = summaries.compress_features(io.load_dataset(snakemake.input.features), compressor)
else:
    # Not those that features of this split are stored of.
    split = f"{split}_compressed"
    simulated = summaries.compress_simulations(source, compressor, wildcards.split, params.num_simulations)
num_simulated = len(simulated.theta) + simulated.num_discarded
attrs = provenance(
    wildcards.scale,
    params.seed,
    {"num_simulations": params.num_simulations},
    simulations=num_simulated,
    gradients=num_simulated * source.num_feature_gradients,
    num_discarded=simulated.num_discarded,
    split=split,
)
io.save_dataset(snakemake.output[0], simulated.to_dataset(source.parameter_names), attrs)
