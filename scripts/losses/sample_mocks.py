"""Explicit posteriors of mock observations over the prior, one in so many."""

from pathlib import Path

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline import mock_posteriors, problem
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance
from fullfield.studies.losses import information

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards
surrogate, part = Path(snakemake.input.surrogate), int(wildcards.part)

setup = problem.load_lensing(surrogate)
resume = Resume.of(params.checkpoint, params.budget, part, params.seed, params.code, surrogate)
mocks = mock_posteriors.mock_posteriors(
    stage_key(params.seed, "sample_replicas"),
    setup,
    mock_posteriors.MockSettings.from_budget(params.budget, part=part),
    resume=resume,
)
cost = {"simulations": len(mocks.x), "gradients": mocks.num_gradients, "num_discarded": mocks.num_discarded}
attrs = provenance(wildcards.scale, params.seed, params.budget, **cost)
io.save_dataset(snakemake.output[0], information.part_dataset(mocks, setup.task.parameter_names), attrs)
resume.remove()
