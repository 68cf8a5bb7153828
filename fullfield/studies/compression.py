"""Train a compressor for a problem."""

import dataclasses
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield.compress import LOSSES, Compressor, CompressorSettings, fit_compressor
from fullfield.compress.networks import SummaryNetwork
from fullfield.compress.views import stored_views
from fullfield.keys import stage_key
from fullfield.studies.problem import Problem, split_stored
from fullfield.studies.summaries import require_valid
from fullfield.train import FitSettings
from fullfield.types import Array

VALIDITY_BATCH = 256


class TrainedCompressor(NamedTuple):
    """A compressor, how it was learned and what it took."""

    compressor: Compressor
    history: pd.DataFrame
    """Learning curves: seed, step, training, validation."""
    num_simulations: int
    """Distinct simulations, validation and invalid ones included."""
    num_discarded: int
    """Simulations left out because they were invalid."""
    num_gradients: int
    """Gradients of the joint density that the features took."""


def train_compressor(
    problem: Problem,
    name: str,
    seed: int,
    budget: dict[str, Any],
    *,
    checkpoint: str | Path | None = None,
    digest: str = "",
) -> TrainedCompressor:
    """Train the compressor `name` of a problem.

    Parameters
    ----------
    problem
        Lensing or simulations on file.
    name
        A key of `compress.LOSSES`.
    seed
        Integer seed.
    budget
        The ``compressor`` block of a scale in the configuration.
    checkpoint, digest
        As in `train.fit`.

    Returns
    -------
    TrainedCompressor
        Compressor, learning curves and the count of its simulations.

    Raises
    ------
    ValueError
        Where more than five simulations in a thousand are invalid, or a problem of maps has no features.
    train.TrainingError
        Where training diverges.
    """
    if problem.grid is not None and problem.features is None:
        raise ValueError("a compressor of maps needs features: load the problem with one of LENSING_FEATURES")
    num_train, num_validation = budget["num_simulations"], budget["num_validation"]
    if problem.num_stored is not None:
        shares = split_stored(problem.num_stored)
        num_train, num_validation = len(shares["compressor"]), len(shares["validation"])
    loss = LOSSES[name](len(problem.parameter_names))
    num_channels = budget["num_channels"] if problem.features is not None else 0
    network = SummaryNetwork(loss.num_summaries, num_channels, budget["num_blocks"], num_hidden=budget["num_hidden"])
    settings = CompressorSettings(num_train, num_validation, budget["batch_size"], FitSettings.from_budget(budget))
    key = stage_key(seed, "train_compressor", name)
    resume = {"checkpoint": checkpoint, "digest": digest}
    if problem.features is not None and num_channels == 0:
        trained = _train_on_views(key, problem, loss, network, settings, budget["num_views"], resume)
        num_observed = (num_train + num_validation) * budget["num_views"]
    else:
        trained = _train_on_the_fly(key, problem, loss, network, settings, resume)
        # Features that a later round computes anew for the same validation maps are not counted again.
        num_observed = int(trained[1]["step"].max()) * settings.batch_size + num_validation
    compressor, history, num_discarded = trained
    num_gradients = num_observed * problem.num_feature_gradients
    return TrainedCompressor(compressor, history, num_train + num_validation, num_discarded, num_gradients)


def _train_on_the_fly(key, problem, loss, network, settings, resume):
    """Convolutions look at the maps: every visit makes them anew from their seed, with fresh noise and symmetry."""
    num_discarded = 0 if problem.num_stored else require_valid(_validity(problem, settings))
    compressors, history = fit_compressor(
        key[None],
        loss,
        network,
        problem.generate,
        problem.observe,
        problem.data,
        settings,
        features=problem.features,
        matrix=problem.matrix,
        **resume,
    )
    return compressors[0], history, num_discarded


def _validity(problem: Problem, settings: CompressorSettings) -> Array:
    """Return which simulations are valid; only what decides on that is computed, the compiler drops the maps."""
    index = jnp.arange(settings.num_simulations + settings.num_validation)
    batch_size = None if jax.default_backend() == "cpu" else VALIDITY_BATCH
    return jax.jit(
        lambda index, data: jax.lax.map(lambda i: problem.generate(i, data)[2], index, batch_size=batch_size)
    )(index, problem.data)


def views_checkpoint(checkpoint: str | Path) -> Path:
    """Return where the views are kept while a compressor that needs them is trained."""
    return Path(checkpoint).with_suffix(".views.safetensors")


def _train_on_views(key, problem, loss, network, settings, num_views, resume):
    """Without convolutions the features of a view are all that the network sees: they are made once and kept."""
    num_train, total = settings.num_simulations, settings.num_simulations + settings.num_validation
    matrix = jnp.asarray(problem.matrix)
    views = stored_views(
        jax.random.fold_in(key, 1),
        problem.generate,
        problem.observe,
        problem.data,
        problem.features,
        matrix,
        total,
        num_views,
        checkpoint=None if resume["checkpoint"] is None else views_checkpoint(resume["checkpoint"]),
        digest=resume["digest"],
    )
    num_discarded = require_valid(views.valid.reshape(num_views, total).all(0))
    # All views of a simulation stay on one side of the split.
    training = np.arange(total * num_views) % total < num_train
    order = np.concatenate([np.flatnonzero(training), np.flatnonzero(~training)])
    data = jax.tree.map(lambda values: jnp.asarray(values[order]), views)
    compressors, history = fit_compressor(
        key[None],
        loss,
        network,
        lambda row, views: (views.u[row], views.features[row], views.valid[row]),
        lambda key, features: features,
        data,
        dataclasses.replace(
            settings,
            num_simulations=num_train * num_views,
            num_validation=settings.num_validation * num_views,
        ),
        **resume,
    )
    params = compressors[0].params | {"filter": matrix}
    params["standardise"] |= {"x_mean": jnp.zeros(()), "x_scale": jnp.ones(())}
    return Compressor(network, problem.features, params), history, num_discarded
