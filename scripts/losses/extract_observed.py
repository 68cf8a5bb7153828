"""Features of observations."""

from fullfield import io
from fullfield.pipeline import map_features, problem

io.configure_log(snakemake.log[0])
params = snakemake.params

setup = problem.load_lensing(snakemake.input.surrogate)
maps = [io.load_dataset(path)["x"].values for path in snakemake.input.observations]
datasets = map_features.observed_features(setup, maps, params.names, params.features)
for name, path in zip(params.features, snakemake.output, strict=True):
    gradients = len(maps) * map_features.NUM_FEATURE_GRADIENTS.get(name, 0)
    attrs = {"scale": snakemake.wildcards.scale, "cost": {"simulations": 0, "gradients": gradients}}
    io.save_dataset(path, datasets[name], attrs)
