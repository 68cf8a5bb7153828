"""Simulation-based calibration of the chains themselves, on small maps at draws of the prior."""

from pathlib import Path

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline import calibration, mock_posteriors, problem, reference
from fullfield.studies.samplers.calibration import sample_mocks

io.configure_log(snakemake.log[0])
params = snakemake.params
budget = dict(params.budget)

setup = problem.load_lensing(snakemake.input.surrogate, params.survey, budget.pop("num_pixels"))
num_observations = budget.pop("num_observations")
mocks = sample_mocks(
    stage_key(params.seed, "calibrate_explicit"),
    setup,
    num_observations,
    reference.ChainSettings(mock_posteriors.NUM_CHAINS, **budget),
    checkpoint=params.checkpoint,
    digest=io.digest(params.budget, params.seed, params.survey, params.code, Path(snakemake.input.surrogate)),
)
table, curves = calibration.calibration(
    mocks.draws, mocks.theta, mocks.summaries, setup.task.parameter_names, params.seed
)
facts = {
    "scale": snakemake.wildcards.scale,
    "num_pixels": setup.grid.num_pixels,
    "num_discarded": mocks.num_discarded,
    "num_slow": mocks.num_slow,
    "gradients": mocks.num_gradients,
}
io.save_table(snakemake.output.table, table.assign(**facts))
io.save_dataset(snakemake.output.curves, curves, {**facts, "seed": params.seed})
io.remove_checkpoint(params.checkpoint)
