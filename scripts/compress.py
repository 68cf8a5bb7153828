"""Compress simulations: stored features of them, with their maps where the network looks at these, or vectors."""

from fullfield import io
from fullfield.compress.compressor import load_compressors
from fullfield.pipeline import problem, stored_features, summaries
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, inputs, wildcards = snakemake.params, snakemake.input, snakemake.wildcards

source = problem.load(
    wildcards.task, inputs.source, params.seed, wildcards.split, params.features, inputs.image_features or None
)
compressor = load_compressors(inputs.compressor, source.features, source.channels)[0]
if inputs.features:
    maps = stored_features.maps_of(source, params.seed, wildcards.split)
    simulated = summaries.compress_features(io.load_dataset(inputs.features), compressor, maps)
else:
    simulated = summaries.compress_simulations(source, compressor, wildcards.split)
if wildcards.split == "inference":
    simulated = simulated.with_scores(source, wildcards.split)
num_simulated = len(simulated.theta) + simulated.num_discarded
attrs = provenance(
    wildcards.scale,
    params.seed,
    {"num_simulations": params.num_simulations},
    simulations=num_simulated,
    gradients=num_simulated * (source.num_feature_gradients + (simulated.score is not None)),
    num_discarded=simulated.num_discarded,
    split=wildcards.split,
)
io.save_dataset(snakemake.output[0], simulated.to_dataset(source.parameter_names), attrs)
