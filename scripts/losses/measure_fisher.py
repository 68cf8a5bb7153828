"""Fisher information at the fiducial point of every summary of a study."""

from pathlib import Path

from fullfield import io
from fullfield.compress.compressor import load_compressors
from fullfield.studies.losses import fisher

io.configure_log(snakemake.log[0])
params = snakemake.params

networks = {Path(path).stem.removesuffix(f"_{params.size}"): path for path in snakemake.input.networks}
measured = {
    summary: fisher.Measured(
        load_compressors(networks[summary]) if summary in networks else None, io.load_dataset(path)
    )
    for summary, path in zip(params.summaries, snakemake.input.features, strict=True)
}
table = fisher.fisher_table(measured, params.seeds)
io.save_table(snakemake.output[0], table.assign(scale=snakemake.wildcards.scale))
