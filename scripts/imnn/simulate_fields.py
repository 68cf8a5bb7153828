"""Simulate a bank of the prior and all observations of a field; keep their summaries and the exact posteriors."""

from fullfield import io
from fullfield.settings.provenance import provenance
from fullfield.studies.imnn.data import DataSettings, make_data
from fullfield.studies.imnn.points import EXACT, NETWORK, exact_summary, load_summary, make_case

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

case, task, field = make_case(wildcards.field, params.budget["num_pixels"])
network = load_summary(snakemake.input.summary)
summaries = {NETWORK: network, EXACT: exact_summary(field, network.theta)}
data = make_data(wildcards.field, params.seed, case, task, summaries, DataSettings.from_budget(params.budget))
counted = sum(data.sizes[name] for name in ("simulation", "target_observation", "calibration_observation"))
num_discarded = data.attrs["num_discarded"]
attrs = provenance(
    wildcards.scale,
    params.seed,
    params.budget,
    simulations=counted + num_discarded,
    num_discarded=num_discarded,
    field=wildcards.field,
)
io.save_dataset(snakemake.output[0], data, attrs)
