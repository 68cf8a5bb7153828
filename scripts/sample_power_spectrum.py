"""Sample the posterior of the standard analysis: band powers with a covariance from simulations."""

import numpy as np

from fullfield import io
from fullfield.keys import stage_key
from fullfield.studies import power_spectrum_posterior, problem, reference
from fullfield.studies.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

setup = problem.load_lensing(snakemake.input.surrogate, params.survey, params.num_pixels)
x = io.load_dataset(snakemake.input.observation)["x"].values
covariance_key, key = (
    stage_key(params.seed, "power_spectrum", stage) for stage in ("covariance", wildcards.observation)
)
covariance = power_spectrum_posterior.band_covariance(covariance_key, setup, params.num_covariance)
chains = power_spectrum_posterior.sample_power_spectrum(key, setup, covariance, x)
theta = np.asarray(setup.task.prior.to_constrained(chains.draws))
attrs = provenance(
    wildcards.scale,
    params.seed,
    {"num_covariance": params.num_covariance},
    simulations=params.num_covariance,
    hartlap=covariance.hartlap,
)
reference.save_chains(snakemake.output[0], chains, theta, setup.task, attrs)
