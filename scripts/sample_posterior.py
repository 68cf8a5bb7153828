"""Draw from the posterior estimators of all seeds at one observation."""

from fullfield import io
from fullfield.compress.compressor import load_compressors
from fullfield.inference.method import find
from fullfield.keys import stage_key
from fullfield.pipeline import estimation, problem, summaries
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

inputs = snakemake.input
source = problem.load(
    wildcards.task, inputs.source, params.seed, "observation", params.features, inputs.image_features or None
)
observation = io.load_dataset(inputs.observation)
compressor = load_compressors(inputs.compressor, source.features, source.channels)[0]
summary = summaries.summarise_all(compressor, observation["x"].values.reshape(1, *source.shape))[0]
method = find(wildcards.method)
posterior = estimation.sample_posterior(
    stage_key(params.seed, "sample_posterior", wildcards.observation),
    method,
    method.load(inputs.estimator),
    source.prior,
    summary,
    params.num_draws,
)
posterior.require_converged(**params.gate)
attrs = provenance(
    wildcards.scale,
    params.seed,
    {"num_draws": params.num_draws},
    gradients=source.num_feature_gradients,
    summary=summary.tolist(),
    **posterior.attrs(),
)
io.save_samples(snakemake.output[0], posterior.theta, source.parameter_names, attrs=attrs)
