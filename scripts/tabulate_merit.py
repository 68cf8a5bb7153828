"""Figures of merit: what the power spectrum, a Gaussian field and the full field know."""

from fullfield import io
from fullfield.pipeline import merit

io.configure_log(snakemake.log[0])

posteriors = [io.load_samples(path) for path in snakemake.input.posteriors]
samples = {
    method: posterior["theta"].values for method, posterior in zip(snakemake.params.methods, posteriors, strict=True)
}
io.save_table(snakemake.output[0], merit.merit_table(samples, tuple(posteriors[0]["parameter"].values)))
