"""Sample the joint posterior of parameters and field; interrupted chains go on from their checkpoint."""

from pathlib import Path

import jax.numpy as jnp

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline import field_posterior, gaussian_posterior, parameter_chains, problem, reference
from fullfield.resume import Resume
from fullfield.samplers import ChainSettings
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

setup = problem.load_lensing(snakemake.input.surrogate)
task, sampler = setup.task, params.sampler
observation = io.load_dataset(snakemake.input.observation)
gaussian = io.load_samples(snakemake.input.gaussian)["theta"].values
inputs = map(Path, (snakemake.input.surrogate, snakemake.input.observation, snakemake.input.gaussian))
resume = Resume.of(params.checkpoint, params.budget, params.seed, params.code, *inputs)
whitening = gaussian_posterior.whiten(task.prior.to_unconstrained(jnp.asarray(gaussian)))
kappa = field_posterior.kappa_of(task, whitened=reference.SAMPLERS[sampler].whitened)
try:
    chains = reference.sample_reference(
        stage_key(params.seed, "sample_explicit", wildcards.observation, wildcards.sampler),
        reference.Target(task, observation["x"].values[None], whitening),
        ChainSettings(**params.budget),
        sampler=sampler,
        keep=reference.Keep(summarise=kappa),
        resume=resume,
    )
except ValueError as error:
    io.fail(f"observation {wildcards.observation}: {error}")
attrs = provenance(wildcards.scale, params.seed, params.budget, gradients=chains.num_gradients, sampler=sampler)
parameter_chains.save_chains(snakemake.output.draws, chains, chains.draws, task, attrs)
io.save_dataset(snakemake.output.field, field_posterior.field_maps(chains.moments), attrs)
resume.remove()
