"""Keep the features of simulated maps, or of images on file; an interrupted job goes on from its checkpoint."""

from pathlib import Path

from fullfield import io
from fullfield.pipeline import problem, stored_features
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

settings = {"num_simulations": params.num_simulations, "num_views": params.num_views}
split = stored_features.Split(wildcards.split, [wildcards.features], **settings)
source = Path(snakemake.input.source)
filters = [Path(snakemake.input.image_features)] if snakemake.input.image_features else []
resume = Resume.of(params.checkpoint, settings, wildcards.features, params.seed, params.code, source, *filters)
if wildcards.task == "lensing":
    extracted = stored_features.extract_features(problem.load_lensing(source), params.seed, split, resume=resume)
else:
    images = problem.load("files", source, params.seed, wildcards.split, image_file=snakemake.input.image_features)
    extracted = stored_features.extract_stored(images, params.seed, split, resume=resume)
attrs = provenance(
    wildcards.scale,
    params.seed,
    settings,
    simulations=extracted.num_simulations,
    gradients=extracted.num_gradients[wildcards.features],
    num_discarded=extracted.num_discarded,
    split=wildcards.split,
)
io.save_dataset(snakemake.output[0], extracted.datasets[wildcards.features], attrs)
resume.remove()
