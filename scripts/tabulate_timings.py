"""Wall time and peak memory of every job, from Snakemake's benchmark files; outside every comparison of results."""

from pathlib import Path

from fullfield import io
from fullfield.pipeline import tables

io.configure_log(snakemake.log[0])

files = sorted(Path(snakemake.params.benchmarks).glob("*.tsv"))
columns = {"s": "wall_seconds", "max_rss": "peak_memory_mb", "cpu_time": "cpu_seconds"}
parts = [({"job": path.stem}, io.load_table(path, sep="\t")[list(columns)].rename(columns=columns)) for path in files]
io.save_table(snakemake.output[0], tables.collect(parts))
