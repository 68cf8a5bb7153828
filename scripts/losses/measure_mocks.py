"""Entropies of the explicit posteriors of all mock observations."""

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline import priors
from fullfield.settings.provenance import provenance, total_cost
from fullfield.studies.losses import information

io.configure_log(snakemake.log[0])
params = snakemake.params

parts = [io.load_dataset(path) for path in snakemake.input]
dataset, num_slow = information.mock_dataset(parts, priors.load_prior().prior, stage_key(params.seed, "entropies"))
# Every job simulates all and knows which of them are invalid.
num_discarded = parts[0].attrs["num_discarded"]
cost = total_cost(*(part.attrs for part in parts))
cost["simulations"] += num_discarded
attrs = provenance(
    snakemake.wildcards.scale, params.seed, params.budget, **cost, num_discarded=num_discarded, num_slow=num_slow
)
io.save_dataset(snakemake.output[0], dataset, attrs)
