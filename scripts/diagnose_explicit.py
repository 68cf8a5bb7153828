"""Write convergence and cost of a set of chains, converged or not."""

from fullfield import io
from fullfield.studies import convergence

io.configure_log(snakemake.log[0])

posterior = io.load_samples(snakemake.input[0])
run = convergence.Run.from_datasets(posterior, io.load_samples(snakemake.input[0], "sample_stats"))
table = convergence.diagnose(run, tuple(posterior["parameter"].values))
io.save_table(snakemake.output[0], table)
