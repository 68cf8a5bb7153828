"""Sample the reference posterior over parameters and field; an interrupted chain goes on from its checkpoint."""

from pathlib import Path

from fullfield import io
from fullfield.keys import stage_key
from fullfield.studies import problem, reference
from fullfield.studies.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

setup = problem.load_lensing(snakemake.input.surrogate, params.survey, params.num_pixels)
observation = io.load_dataset(snakemake.input.observation)
inputs = (Path(snakemake.input.surrogate), Path(snakemake.input.observation))
chains = reference.sample_reference(
    stage_key(params.seed, "sample_reference", wildcards.observation),
    setup.task,
    observation["x"].values,
    reference.ReferenceSettings(**params.budget),
    checkpoint=params.checkpoint,
    digest=io.digest(params.budget, params.seed, params.survey, params.code, *inputs),
)
attrs = provenance(wildcards.scale, params.seed, params.budget, gradients=chains.num_gradients)
reference.save_reference(snakemake.output[0], chains, setup.task, attrs)
io.remove_checkpoint(params.checkpoint)
