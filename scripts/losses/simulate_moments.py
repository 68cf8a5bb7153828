"""Train summaries of a parameter whose posterior has two equal peaks."""

from fullfield import io
from fullfield.compress import CompressorSettings
from fullfield.studies.losses import moments

io.configure_log(snakemake.log[0])
params = snakemake.params
settings = CompressorSettings.from_budget(params.budget)
table, curves = moments.simulate_moments(params.seed, params.budget["num_seeds"], settings)
io.save_table(snakemake.output.table, table)
io.save_dataset(snakemake.output.curves, curves, {"seed": params.seed})
