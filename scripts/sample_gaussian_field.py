"""Sample what a Gaussian-field likelihood knows, and refuse a map whose noise is not the survey's."""

import jax.numpy as jnp
import numpy as np

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline import gaussian_posterior, parameter_chains, problem
from fullfield.settings.provenance import provenance
from fullfield.tasks.lensing import spectrum_on_grid

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards
settings = parameter_chains.ParameterChains.from_budget(params.budget)

setup = problem.load_lensing(snakemake.input.surrogate)
x = io.load_dataset(snakemake.input.observation)["x"].values
key = stage_key(params.seed, "sample_gaussian_field", wildcards.observation)
spectrum = spectrum_on_grid(setup.grid, setup.theory, np.asarray(setup.theory.ell))
try:
    chains = gaussian_posterior.sample_gaussian(key, setup.task, x[None], settings.chains)
    theta = np.asarray(setup.task.prior.to_constrained(chains.draws))
    gaussian_posterior.check_noise(setup.grid, spectrum(jnp.asarray(theta.mean((0, 1)))), setup.noise_sigma, x)
    settings.require_converged(chains.draws, "Gaussian-field")
except ValueError as error:
    io.fail(f"observation {wildcards.observation}: {error}")
parameter_chains.save_chains(
    snakemake.output[0], chains, theta, setup.task, provenance(wildcards.scale, params.seed, params.budget)
)
