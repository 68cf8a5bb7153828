"""Judge the first draws of each chain by an independent reference, against what they have cost."""

from fullfield import io
from fullfield.pipeline import diagnosis
from fullfield.studies.samplers import convergence

io.configure_log(snakemake.log[0])
params = snakemake.params

path = snakemake.input.draws
run = diagnosis.Run.from_datasets(io.load_samples(path), io.load_samples(path, "sample_stats"))
against = io.load_samples(snakemake.input.against)["theta"].values
curve = convergence.convergence_curve(
    run, against, num_points=params.num_points, num_rows=params.num_rows, seed=params.seed
)
io.save_table(snakemake.output[0], curve)
