"""Chains of one sampler on mock observations that all samplers share."""

from pathlib import Path

import xarray as xr

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline import mock_posteriors, problem
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards
surrogate = Path(snakemake.input.surrogate)

setup = problem.load_lensing(surrogate)
resume = Resume.of(params.checkpoint, params.budget, wildcards.kernel, params.seed, params.code, surrogate)
mocks = mock_posteriors.mock_posteriors(
    stage_key(params.seed, "sample_errors", wildcards.map_size),
    setup,
    mock_posteriors.MockSettings.from_budget(params.budget, wildcards.kernel),
    resume=resume,
)
dims = "observation", "chain", "draw", "parameter"
draws = xr.Dataset({"theta": (dims, mocks.draws)}, coords={"parameter": list(setup.task.parameter_names)})
cost = {"simulations": params.budget["num_observations"], "gradients": mocks.num_gradients}
facts = {"num_pixels": setup.grid.num_pixels, "num_discarded": mocks.num_discarded, "sampler": wildcards.kernel}
attrs = provenance(wildcards.scale, params.seed, params.budget, **cost, **facts)
io.save_dataset(snakemake.output[0], draws, attrs)
resume.remove()
