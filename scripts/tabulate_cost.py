"""Distinct simulations and gradients of every stage, from the records in their files."""

from pathlib import Path

from fullfield import io
from fullfield.pipeline import tables

io.configure_log(snakemake.log[0])

records = [(f"compressor {Path(path).stem}", io.read_json(path)) for path in snakemake.input.compressors]
for path in snakemake.input.simulations:
    compressor, _, split = Path(path).stem.rpartition("_")
    records.append((f"{split} {compressor}", io.load_dataset(path).attrs))
for path in snakemake.input.checks:
    records.append(("simulator checks", io.load_dataset(path).attrs))
for path in snakemake.input.covariance:
    records.append(("covariance of band powers", io.load_dataset(path).attrs))
for path in snakemake.input.chains:
    records.append((f"{Path(path).stem} {Path(path).parent.name}", io.load_samples(path).attrs))
io.save_table(snakemake.output[0], tables.cost_table(records).assign(scale=snakemake.wildcards.scale), tex=True)
