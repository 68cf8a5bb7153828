"""Write the observation: the user's map or data, or a mock."""

from fullfield import io
from fullfield.pipeline import mock, problem, task_simulations

io.configure_log(snakemake.log[0])
params = snakemake.params

if not snakemake.input.file and snakemake.wildcards.task != "lensing":
    observed = task_simulations.observe(snakemake.wildcards.task, params.seed, snakemake.wildcards.observation)
elif not snakemake.input.file:
    setup = problem.load_lensing(snakemake.input.surrogate)
    observed = mock.simulate_observation(setup, params.seed, snakemake.wildcards.observation)
elif snakemake.wildcards.task == "lensing":
    observed = mock.read_map(snakemake.input.file, params.survey, params.num_pixels, params.pixel_arcmin)
else:
    observed = mock.read_data(snakemake.input.file)
io.save_dataset(snakemake.output[0], observed, {"scale": snakemake.wildcards.scale, "seed": params.seed})
