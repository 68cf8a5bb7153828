"""Calibration of the explicit posteriors of a standard analysis over the prior."""

import jax.numpy as jnp
import numpy as np

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline import problem
from fullfield.pipeline.power_spectrum_posterior import BandCovariance
from fullfield.samplers import ChainSettings
from fullfield.studies.losses import baselines

io.configure_log(snakemake.log[0])
params, inputs, baseline = snakemake.params, snakemake.input, snakemake.wildcards.baseline

setup, mocks = problem.load_lensing(inputs.surrogate), io.load_dataset(inputs.mocks)
theta = np.asarray(setup.task.prior.to_constrained(jnp.asarray(mocks["u"].values)))
table, _ = baselines.calibrate(
    stage_key(params.seed, "calibrate_baseline", baseline),
    setup,
    baseline,
    (mocks["x"].values, theta),
    ChainSettings.from_budget(params.budget),
    covariance=BandCovariance.from_dataset(io.load_dataset(inputs.covariance)),
    num_ranked=params.budget["num_ranked"],
    seed=params.seed,
)
io.save_table(snakemake.output[0], table.assign(scale=snakemake.wildcards.scale))
