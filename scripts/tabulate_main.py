"""The result of the study, one row per observation and method."""

from fullfield import io
from fullfield.pipeline import tables

io.configure_log(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params

parts = [io.load_table(path) for path in (inputs.c2st, inputs.shifts, inputs.calibration, inputs.cost)]
table = tables.main_table(*parts).assign(scale=snakemake.wildcards.scale, num_pixels=params.num_pixels)
io.save_table(snakemake.output[0], table, tex=True)
