"""Estimate spectra and filters of images on file, which their features rest on."""

from fullfield import io
from fullfield.pipeline import image_features, problem
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
seed = snakemake.params.seed

source = problem.files_problem(snakemake.input.simulations, seed, "training")
features = image_features.fit_image_features(source, seed)
image_features.save(snakemake.output.weights, features, provenance(snakemake.wildcards.scale, seed, {}))
