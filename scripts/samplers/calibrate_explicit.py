"""Simulation-based calibration of the chains themselves, on small maps at draws of the prior."""

from pathlib import Path

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline import calibration, mock_posteriors, problem
from fullfield.resume import Resume
from fullfield.studies.samplers.calibration import sample_mocks

io.configure_log(snakemake.log[0])
params = snakemake.params
budget, surrogate = params.budget, Path(snakemake.input.surrogate)

setup = problem.load_lensing(surrogate)
resume = Resume.of(params.checkpoint, budget, params.seed, params.code, surrogate)
mocks = sample_mocks(
    stage_key(params.seed, "calibrate_explicit"),
    setup,
    mock_posteriors.MockSettings.from_budget(budget),
    budget["num_ranked"],
    resume=resume,
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
resume.remove()
