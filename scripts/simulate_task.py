"""Simulate a small task of the registry into a file, as a user's own simulator would leave it."""

from fullfield import io
from fullfield.pipeline import task_simulations
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

made, num_invalid = task_simulations.simulate_file(wildcards.task, params.seed, params.num_inference)
num_made = made.sizes["simulation"] + num_invalid
attrs = provenance(
    wildcards.scale,
    params.seed,
    {"num_inference": params.num_inference},
    simulations=num_made,
    gradients=num_made if "score" in made else 0,
    num_discarded=num_invalid,
)
io.save_dataset(snakemake.output[0], made, attrs)
