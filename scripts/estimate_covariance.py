"""Covariance of the band powers from maps at the fiducial point."""

import xarray as xr

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline import power_spectrum_posterior, problem
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params = snakemake.params

setup = problem.load_lensing(snakemake.input.surrogate)
key = stage_key(params.seed, "estimate_covariance")
covariance = power_spectrum_posterior.band_covariance(key, setup, params.num_simulations)
attrs = provenance(
    snakemake.wildcards.scale,
    params.seed,
    {"num_simulations": params.num_simulations},
    simulations=params.num_simulations,
    num_discarded=params.num_simulations - covariance.num_simulations,
    hartlap=covariance.hartlap,
)
io.save_dataset(snakemake.output[0], xr.Dataset({"matrix": (("power", "other"), covariance.matrix)}), attrs)
