"""Features of the mock observations over the prior."""

from fullfield import io
from fullfield.pipeline import map_features, problem

io.configure_log(snakemake.log[0])
features = snakemake.wildcards.features

mocks = io.load_dataset(snakemake.input.mocks)
setup = problem.load_lensing(snakemake.input.surrogate)
made = map_features.with_features(setup, mocks, [features])[features]
io.save_dataset(snakemake.output[0], made, {**mocks.attrs, "split": "mocks"})
