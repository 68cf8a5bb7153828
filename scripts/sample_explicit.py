"""Sample the joint posterior of parameters and field; interrupted chains go on from their checkpoint."""

from pathlib import Path

import jax.numpy as jnp

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline import field_posterior, gaussian_posterior, parameter_chains, problem, reference
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

setup = problem.load_lensing(snakemake.input.surrogate, params.survey, params.num_pixels)
task, sampler = setup.task, params.sampler
observation = io.load_dataset(snakemake.input.observation)
gaussian = io.load_samples(snakemake.input.gaussian)["theta"].values
inputs = map(Path, (snakemake.input.surrogate, snakemake.input.observation, snakemake.input.gaussian))
try:
    chains = reference.sample_reference(
        stage_key(params.seed, "sample_explicit", wildcards.observation, wildcards.sampler),
        task,
        observation["x"].values[None],
        gaussian_posterior.whiten(task.prior.to_unconstrained(jnp.asarray(gaussian))),
        reference.ChainSettings(**params.budget),
        sampler=sampler,
        summarise=field_posterior.kappa_of(task, whitened=reference.SAMPLERS[sampler].whitened),
        checkpoint=params.checkpoint,
        digest=io.digest(params.budget, params.seed, params.survey, params.code, *inputs),
    )
except ValueError as error:
    io.fail(f"observation {wildcards.observation}: {error}")
attrs = provenance(wildcards.scale, params.seed, params.budget, gradients=chains.num_gradients, sampler=sampler)
parameter_chains.save_chains(snakemake.output.draws, chains, chains.draws, task, attrs)
io.save_dataset(snakemake.output.field, field_posterior.field_maps(chains.moments), attrs)
io.remove_checkpoint(params.checkpoint)
