"""Collect the parts of one table; observation, method and compressor become columns."""

from fullfield import io
from fullfield.pipeline import tables

io.configure_log(snakemake.log[0])

parts = [(snakemake.params.labels[index], io.load_table(path)) for index, path in enumerate(snakemake.input.parts)]
io.save_table(snakemake.output[0], tables.collect(parts).assign(scale=snakemake.wildcards.scale), tex=True)
