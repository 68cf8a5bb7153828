"""Features of observations."""

from fullfield import io
from fullfield.pipeline import map_features, problem
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, features = snakemake.params, snakemake.wildcards.features

setup = problem.load_lensing(snakemake.input.surrogate)
maps = [io.load_dataset(path)["x"].values for path in snakemake.input.observations]
dataset = map_features.observed_features(setup, maps, params.names, [features])[features]
gradients = len(maps) * map_features.NUM_FEATURE_GRADIENTS.get(features, 0)
attrs = provenance(snakemake.wildcards.scale, params.seed, {"observations": params.names}, gradients=gradients)
io.save_dataset(snakemake.output[0], dataset, attrs)
