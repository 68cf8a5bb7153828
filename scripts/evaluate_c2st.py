"""Classifier two-sample tests of every estimator seed against the reference, with null and yardstick."""

from fullfield import io
from fullfield.pipeline import comparison

io.configure_log(snakemake.log[0])
params = snakemake.params

posterior = io.load_samples(snakemake.input.posterior)["theta"].values
reference = io.load_samples(snakemake.input.reference)["theta"].values
io.save_table(snakemake.output[0], comparison.classifier_table(posterior, reference, params.num_rows, params.seed))
