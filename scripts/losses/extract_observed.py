"""Features of observations."""

from fullfield import io
from fullfield.pipeline import map_features, problem
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params = snakemake.params

setup = problem.load_lensing(snakemake.input.surrogate, params.survey, params.num_pixels)
maps = [io.load_dataset(path)["x"].values for path in snakemake.input.observations]
datasets = map_features.observed_features(setup, maps, params.names, params.features)
for name, path in zip(params.features, snakemake.output, strict=True):
    gradients = len(maps) * map_features.NUM_FEATURE_GRADIENTS.get(name, 0)
    attrs = provenance(snakemake.wildcards.scale, params.seed, {"observations": params.names}, gradients=gradients)
    io.save_dataset(path, datasets[name], attrs)
