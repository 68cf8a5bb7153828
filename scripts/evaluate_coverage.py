"""Calibration of the posterior over the prior: SBC and TARP on fresh simulated observations."""

from fullfield import io
from fullfield.inference.method import find
from fullfield.keys import stage_key
from fullfield.pipeline import calibration, estimation, priors

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

names, prior = priors.load_prior(snakemake.input.own_simulations)
simulations = io.load_dataset(snakemake.input.simulations)
theta, summaries = simulations["theta"].values, simulations["summary"].values
method = find(wildcards.method)
posterior = estimation.sample_many(
    stage_key(params.seed, "evaluate_coverage"),
    method,
    method.load(snakemake.input.estimator),
    prior,
    summaries,
    params.num_draws,
)
posterior.require_converged(**estimation.LOOSE, share=estimation.MAX_UNCONVERGED)
table, curves = calibration.calibration(posterior.theta, theta, summaries, names, params.seed)
io.save_table(snakemake.output.table, table)
attrs = {"scale": wildcards.scale, "seed": params.seed, **posterior.attrs()}
io.save_dataset(snakemake.output.curves, curves, attrs)
