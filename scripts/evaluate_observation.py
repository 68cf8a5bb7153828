"""Could the simulator have made this observation? Prior- and posterior-predictive p-values."""

from fullfield import io
from fullfield.pipeline import criticism, problem
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

posterior = io.load_samples(snakemake.input.posterior)
simulated = io.load_dataset(snakemake.input.simulations)["summary"].values
maps = None
if wildcards.task == "lensing":
    setup = problem.load_lensing(snakemake.input.source)
    x = io.load_dataset(snakemake.input.observation)["x"].values
    maps = criticism.predict(setup, x, posterior["theta"].values, params.num_predictive, params.seed)
table, arrays = criticism.criticise(posterior.attrs["summary"], simulated, maps)
io.save_table(snakemake.output.table, table)
attrs = provenance(
    wildcards.scale,
    params.seed,
    {"num_predictive": params.num_predictive},
    simulations=0 if maps is None else params.num_predictive,
    num_discarded=0 if maps is None else maps.num_discarded,
)
io.save_dataset(snakemake.output.distances, arrays, attrs)
