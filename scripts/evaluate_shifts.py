"""Shifts and width ratios of every parameter and S8 against the reference."""

from fullfield import io
from fullfield.pipeline import shifts

io.configure_log(snakemake.log[0])

posterior = io.load_samples(snakemake.input.posterior)
reference = io.load_samples(snakemake.input.reference)["theta"].values
names = tuple(posterior["parameter"].values)
io.save_table(snakemake.output[0], shifts.shift_table(posterior["theta"].values, reference, names))
