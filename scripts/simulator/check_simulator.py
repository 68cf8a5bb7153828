"""Compare simulated maps with the theory at several points of parameter space."""

from fullfield import io
from fullfield.pipeline import problem
from fullfield.settings.provenance import provenance
from fullfield.studies.simulator import checks

io.configure_log(snakemake.log[0])
params, scale = snakemake.params, snakemake.wildcards.scale

setup = problem.load_lensing(snakemake.input.surrogate)
table, histograms = checks.check_simulator(setup, params.num_simulations, params.seed)
io.save_table(snakemake.output.table, table.assign(num_simulations=params.num_simulations, scale=scale))
io.save_table(snakemake.output.summary, checks.summarise(table).assign(num_simulations=params.num_simulations))
num_simulations = params.num_simulations * len(histograms)
attrs = provenance(
    scale, params.seed, {"num_checks": params.num_simulations}, simulations=num_simulations, gradients=num_simulations
)
io.save_dataset(snakemake.output.histograms, checks.to_dataset(histograms), attrs)
