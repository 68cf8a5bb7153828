"""Compare posteriors learned from maps of every kind with those learned from expensive ones."""

from fullfield import io
from fullfield.studies.emulator.tables import compare_posteriors

io.configure_log(snakemake.log[0])
params, wildcards, inputs = snakemake.params, snakemake.wildcards, snakemake.input

draws = {kind: io.load_dataset(path) for kind, path in zip(params.kinds, inputs.draws, strict=True)}
table = compare_posteriors(draws).assign(scale=wildcards.scale, extent=wildcards.map_extent)
io.save_table(snakemake.output.posteriors, table)
