"""Sample the reference posterior of a small task: exact draws, or importance sampling about its modes."""

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline.task_posterior import sampler_of
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

task, sample = sampler_of(wildcards.task, params.num_draws)
x = io.load_dataset(snakemake.input.observation)["x"].values
try:
    made = sample(stage_key(params.seed, "sample_task", wildcards.observation), x)
except ValueError as error:
    io.fail(f"observation {wildcards.observation}: {error}")
# Independent draws, in as many parts as tests of halves and of several chains ask for.
draws = made.theta[: len(made.theta) // 4 * 4].reshape(4, -1, task.num_parameters)
settings = {"num_draws": params.num_draws, "num_modes": made.num_modes, "efficiency": made.efficiency}
attrs = provenance(wildcards.scale, params.seed, settings, gradients=made.num_evaluations)
io.save_samples(snakemake.output.draws, draws, task.parameter_names, {}, attrs)
how = f"{len(made.theta)} independent draws, {made.num_modes} modes, efficiency {made.efficiency:.2f}"
io.write_text(snakemake.output.converged, f"{how}\n")
