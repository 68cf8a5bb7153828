"""Infer with one summary and confront it with truths, references and explicit posteriors over the prior."""

from pathlib import Path

from fullfield import io
from fullfield.compress.fit import load_compressors
from fullfield.inference.method import find
from fullfield.pipeline import problem
from fullfield.settings.provenance import provenance
from fullfield.studies.losses import judgement

io.configure_log(snakemake.log[0])
params, inputs, outputs = snakemake.params, snakemake.input, snakemake.output

setup = problem.load_lensing(inputs.surrogate, params.survey, params.num_pixels)
parts = {name: inputs[name] for name in ("inference", "calibration", "observed", "replicas") if inputs[name]}
files = [*parts.values(), inputs.networks] if inputs.networks else parts.values()
chains = [io.load_samples(path)["theta"].values for path in inputs.references]
references = dict(zip(params.names, chains, strict=True))
judged = judgement.judge(
    find(params.method),
    load_compressors(inputs.networks) if inputs.networks else None,
    params.seeds,
    {name: io.load_dataset(path) for name, path in parts.items()},
    references if params.classify else {},
    setup.task.prior,
    params.seed,
    params.budget,
    num_flows=params.num_flows,
    num_draws=params.num_draws,
    num_coverage_draws=params.num_coverage_draws,
    checkpoint=params.checkpoint,
    digest=io.digest(params.budget, params.seeds, params.num_flows, params.seed, params.code, *map(Path, files)),
)
settings = {
    "method": params.method,
    "estimator": params.budget,
    "num_flows": params.num_flows,
    "num_draws": params.num_draws,
}
io.save_dataset(outputs.judged, judged.dataset, provenance(snakemake.wildcards.scale, params.seed, settings))
io.save_table(outputs.coverage, judged.coverage)
io.save_table(outputs.comparison, judged.comparison)
io.remove_checkpoint(params.checkpoint)
