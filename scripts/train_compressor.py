"""Train one compressor; an interrupted training goes on from its checkpoint."""

from pathlib import Path

from fullfield import io
from fullfield.compress.compressor import save_compressors
from fullfield.compress.fit import CompressorSettings
from fullfield.pipeline import compression, problem, stored_features
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance

io.configure_log(snakemake.log[0])
params, wildcards, inputs = snakemake.params, snakemake.wildcards, snakemake.input

data = [Path(path) for path in (inputs.source, inputs.features, inputs.image_features) if path]
resume = Resume.of(params.checkpoint, params.budget, params.seed, params.code, *data)
training = compression.Training(wildcards.compressor, [0], params.seed)
settings = CompressorSettings.from_budget(params.budget)
if inputs.features:
    maps = None
    if settings.num_channels:
        source = problem.load(
            wildcards.task, inputs.source, params.seed, "training", params.features, inputs.image_features or None
        )
        maps = stored_features.maps_of(source, params.seed, "training")
    trained = compression.train_on_features(
        io.load_dataset(inputs.features), training, settings, maps=maps, resume=resume
    )
else:
    source = problem.load(wildcards.task, inputs.source, params.seed, "training")
    trained = compression.train_compressors(source, training, settings, resume=resume)
attrs = provenance(wildcards.scale, params.seed, params.budget, **trained.cost(), split="training")
save_compressors(snakemake.output.weights, trained.compressors, attrs)
io.save_table(snakemake.output.history, trained.history)
resume.remove()
