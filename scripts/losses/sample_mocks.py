"""Explicit posteriors of mock observations over the prior."""

from pathlib import Path

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline import mock_posteriors, problem
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance
from fullfield.studies.losses import information

io.configure_log(snakemake.log[0])
params = snakemake.params
surrogate = Path(snakemake.input.surrogate)

setup = problem.load_lensing(surrogate)
resume = Resume.of(params.checkpoint, params.budget, params.seed, params.code, surrogate)
mocks = mock_posteriors.mock_posteriors(
    stage_key(params.seed, "sample_replicas"),
    setup,
    mock_posteriors.MockSettings.from_budget(params.budget),
    resume=resume,
)
dataset, num_slow = information.mock_dataset(setup, mocks, stage_key(params.seed, "entropies"))
attrs = provenance(
    snakemake.wildcards.scale,
    params.seed,
    params.budget,
    simulations=len(mocks.x) + mocks.num_discarded,
    gradients=mocks.num_gradients,
    num_discarded=mocks.num_discarded,
    num_slow=num_slow,
)
io.save_dataset(snakemake.output[0], dataset, attrs)
resume.remove()
