"""What is lost by a summary and what by the estimator, at several observations."""

import pandas as pd

from fullfield import io

io.configure_log(snakemake.log[0])
parts = pd.concat(map(io.load_table, snakemake.input), ignore_index=True)
io.save_table(snakemake.output[0], parts.assign(scale=snakemake.wildcards.scale))
