"""Fail, with the number, where the surrogate of the spectra is not good enough: nothing may be simulated with it."""

from fullfield import io
from fullfield.pipeline import accuracy

io.configure_log(snakemake.log[0])
limit = snakemake.params.max_error_percent

try:
    accuracy.check_accuracy(io.load_table(snakemake.input[0]), limit)
except accuracy.AccuracyError as error:
    io.fail(str(error))
io.write_text(snakemake.output[0], f"95 % of the errors of every pair and shift are at most {limit} %\n")
