"""Train summaries of a parameter whose posterior has two equal peaks."""

from fullfield import io
from fullfield.studies.losses import moments

io.configure_log(snakemake.log[0])
table, curves = moments.simulate_moments(snakemake.params.seed)
io.save_table(snakemake.output.table, table)
io.save_dataset(snakemake.output.curves, curves, {"seed": snakemake.params.seed})
