"""Write convergence and cost of a set of chains, converged or not."""

from fullfield import io
from fullfield.pipeline import diagnosis

io.configure_log(snakemake.log[0])

posterior = io.load_samples(snakemake.input[0])
run = diagnosis.Run.from_datasets(posterior, io.load_samples(snakemake.input[0], "sample_stats"))
table = diagnosis.diagnose(run, tuple(posterior["parameter"].values))
io.save_table(snakemake.output[0], table)
