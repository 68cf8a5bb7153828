"""Fisher information at the fiducial point of every summary of a study."""

from pathlib import Path

import pandas as pd

from fullfield import io
from fullfield.compress.compressor import load_compressors
from fullfield.studies.losses import fisher

io.configure_log(snakemake.log[0])
params = snakemake.params

networks = {Path(path).stem.removesuffix(f"_{params.size}"): path for path in snakemake.input.networks}
tables = [
    fisher.fisher_rows(
        summary,
        load_compressors(networks[summary]) if summary in networks else None,
        params.seeds,
        io.load_dataset(path),
    )
    for summary, path in zip(params.summaries, snakemake.input.features, strict=True)
]
io.save_table(snakemake.output[0], pd.concat(tables, ignore_index=True).assign(scale=snakemake.wildcards.scale))
