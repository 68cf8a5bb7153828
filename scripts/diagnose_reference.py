"""Write R-hat and effective sample sizes of the reference chains, converged or not."""

from fullfield import io
from fullfield.metrics import chains

io.configure_log(snakemake.log[0])

posterior = io.load_samples(snakemake.input[0])
draws, names = chains.with_s8(posterior["theta"].values, tuple(posterior["parameter"].values))
io.save_table(snakemake.output[0], chains.summarise(draws, names))
