"""The implicit route on simulations of one's own, by one call: what the workflow does with task files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from fullfield import maps_io, text_io
from fullfield.compress.fit import CompressorSettings
from fullfield.inference.method import find
from fullfield.keys import stage_key
from fullfield.pipeline import compression, estimation, image_features, stored_features, summaries
from fullfield.pipeline.problem import files_problem
from fullfield.pipeline.stored_features import MapsOf
from fullfield.pipeline.stored_simulations import Stored
from fullfield.settings import schema
from fullfield.settings.configuration import validate
from fullfield.settings.user_simulations import check_observed


def infer(
    simulations: str | Path, observation: str | Path, *, config: Mapping[str, Any] | None = None, **choices: Any
) -> xr.Dataset:
    """Train a compressor and posterior estimators on simulations from a file, and draw at an observation.

    Parameters
    ----------
    simulations
        File as `settings.user_simulations.check_simulations` describes.
    observation
        File of one observed x.
    config
        The whole configuration, by default that of ``config.yaml``.
    **choices
        Keys of the configuration to change: ``scale``, ``seed``, ``compressors`` and ``methods``, of which the first
        ones are used.

    Returns
    -------
    xr.Dataset
        ``theta`` (seed, draw, parameter): draws from the posterior, an estimator of its own for each seed; those of the
        workflow with the same configuration, up to rounding.

    Raises
    ------
    ValueError
        For whatever the configuration or a file gets wrong, naming it.
    """
    config = dict(config or text_io.read_yaml(schema.REPOSITORY / "config.yaml"))
    files = {"task": "files", "simulations": str(simulations), "observation": [str(observation)]}
    settings = validate(config | files | choices, Path())
    (name_of_observation, observed), *_ = settings.observations.items()
    source = files_problem(settings.simulations, settings.seed, "training")
    budgets, name = settings.budgets, settings.compressors[0]
    training = compression.Training(name, [0], settings.seed)
    compressor_settings = CompressorSettings.from_budget(budgets["compressor"])
    if settings.has_images:
        images = image_features.fit_image_features(source, settings.seed)
        source = source._replace(features=images, channels=images.channels)
        of_training, maps = _seen(source, settings.seed, "training", budgets["compressor"]["num_views"])
        trained = compression.train_on_features(of_training, training, compressor_settings, maps=maps)
        compressor = trained.compressors[0].with_features(source.features)
        of_inference, maps = _seen(source, settings.seed, "inference", 1)
        simulated = summaries.compress_features(of_inference, compressor, maps)
    else:
        compressor = compression.train_compressors(source, training, compressor_settings).compressors[0]
        fresh = files_problem(settings.simulations, settings.seed, "inference")
        simulated = summaries.compress_simulations(fresh, compressor, "inference")
    x = check_observed(maps_io.load_map(observed)[0], source.shape, str(observed))
    estimator, _ = estimation.train_estimator(
        find(settings.methods[0]),
        simulated.with_scores(source, "inference").simulations,
        f"{settings.methods[0]}_{name}",
        settings.seed,
        budgets["estimator"],
    )
    posterior = estimation.sample_posterior(
        stage_key(settings.seed, "sample_posterior", name_of_observation),
        find(settings.methods[0]),
        estimator,
        source.prior,
        summaries.summarise_all(compressor, x[None])[0],
        budgets["posterior"]["num_draws"],
    )
    dims = ("seed", "draw", "parameter")
    return xr.Dataset({"theta": (dims, posterior.theta)}, {"parameter": list(source.parameter_names)})


def _seen(source: Stored, seed: int, split: str, num_views: int) -> tuple[xr.Dataset, MapsOf]:
    """Return features and maps of a share of images; the number of simulations asked for is that of the share."""
    extracted = stored_features.extract_stored(source, seed, stored_features.Split(split, ["images"], 0, num_views))
    return extracted.datasets["images"], stored_features.maps_of(source, seed, split)
