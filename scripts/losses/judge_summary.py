"""Infer with one summary and confront it with truths, references and explicit posteriors over the prior."""

from pathlib import Path

from fullfield import io
from fullfield.compress.compressor import load_compressors
from fullfield.inference.method import find
from fullfield.pipeline import priors, problem, stored_features
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance, total_cost
from fullfield.studies.losses import judgement

io.configure_log(snakemake.log[0])
params, inputs, outputs = snakemake.params, snakemake.input, snakemake.output

parts = {name: inputs[name] for name in ("inference", "calibration", "observed", "mocks") if inputs[name]}
features = {name: io.load_dataset(path) for name, path in parts.items()}
files = [*parts.values(), inputs.networks] if inputs.networks else parts.values()
chains = [io.load_samples(path)["theta"].values for path in inputs.references]
references = dict(zip(params.names, chains, strict=True))
settings = {
    name: params[name] for name in ("seeds", "seed", "num_flows", "num_draws", "num_coverage_draws", "num_rows")
}
resume = Resume.of(
    params.checkpoint, params.budget, params.seeds, params.num_flows, params.seed, params.code, *map(Path, files)
)
method = find(params.method)
channels, maps = None, {}
if params.has_convolutions:
    setup = problem.load_lensing(inputs.surrogate)
    source = problem.lensing_problem(setup, params.seed, "inference")
    channels = source.channels
    maps = {name: stored_features.maps_of(source, params.seed, split) for name, split in params.splits.items()}
judged = judgement.judge(
    load_compressors(inputs.networks, channels=channels) if inputs.networks else None,
    features,
    references if params.classify else {},
    priors.load_prior().prior,
    judgement.JudgementSettings(method, method.settings(params.budget), **settings),
    maps=maps,
    resume=resume,
)
cost = total_cost(features["inference"].attrs, features["observed"].attrs)
used = {"method": params.method, "estimator": params.budget, **settings}
attrs = provenance(snakemake.wildcards.scale, params.seed, used, **cost)
io.save_dataset(outputs.judged, judged.dataset, attrs)
method.save(outputs.estimator, judged.estimator, attrs)
io.save_table(outputs.coverage, judged.coverage)
io.save_table(outputs.comparison, judged.comparison)
resume.remove()
