"""Distinct simulations and gradients of every stage, from the records in their files."""

from fullfield import io
from fullfield.pipeline import tables
from fullfield.settings.provenance import read_provenance

io.configure_log(snakemake.log[0])

files = zip(snakemake.params.labels, snakemake.input.files, strict=True)
table = tables.cost_table([(labels, read_provenance(path)) for labels, path in files])
io.save_table(snakemake.output[0], table.assign(scale=snakemake.wildcards.scale), tex=True)
