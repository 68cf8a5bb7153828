"""Sample the posterior of the standard analysis: band powers with a covariance from simulations."""

import numpy as np

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline import parameter_chains, power_spectrum_posterior, problem
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards
settings = parameter_chains.ParameterChains.from_budget(params.budget)

setup = problem.load_lensing(snakemake.input.surrogate)
x = io.load_dataset(snakemake.input.observation)["x"].values
covariance = power_spectrum_posterior.BandCovariance.from_dataset(io.load_dataset(snakemake.input.covariance))
key = stage_key(params.seed, "sample_power_spectrum", wildcards.observation)
try:
    chains = power_spectrum_posterior.sample_power_spectrum(key, setup, covariance, x[None], settings.chains)
    settings.require_converged(chains.draws, "power-spectrum")
except ValueError as error:
    io.fail(f"observation {wildcards.observation}: {error}")
theta = np.asarray(setup.task.prior.to_constrained(chains.draws))
attrs = provenance(wildcards.scale, params.seed, params.budget, hartlap=covariance.hartlap)
parameter_chains.save_chains(snakemake.output[0], chains, theta, setup.task, attrs)
