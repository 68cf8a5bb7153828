"""Compare chains through the emulator, and through the cheap simulator, with posteriors learned from expensive maps."""

import pandas as pd

from fullfield import io
from fullfield.studies.emulator.tables import compare_explicit

io.configure_log(snakemake.log[0])
params, inputs = snakemake.params, snakemake.input

draws = {kind: io.load_dataset(path) for kind, path in zip(params.kinds, inputs.draws, strict=True)}
convergence = pd.concat(map(io.load_table, inputs.convergence), ignore_index=True)
table = compare_explicit(draws, convergence, io.load_dataset(inputs.reference), **params.thresholds)
io.save_table(snakemake.output[0], table.assign(scale=snakemake.wildcards.scale))
