"""Train the compressors of a problem: one loss, several seeds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.compress.fit import Compressor, CompressorSettings, fit_compressor
from fullfield.compress.losses import FIDUCIAL, LOSSES, Loss
from fullfield.compress.networks import SummaryNetwork
from fullfield.keys import stage_key
from fullfield.pipeline.source import Problem
from fullfield.train import FitSettings
from fullfield.types import Array

FIDUCIAL_BATCH = 1000
"""Simulations in a step of a loss that needs the covariance of the summaries, which a small batch overfits."""
FIDUCIAL_PATIENCE = 10
"""Validations without progress before its training stops: between two of them it sees its simulations many times."""
MAX_VALIDATION_SHARE = 0.1
"""Of the simulations of a small training set."""


class TrainedCompressors(NamedTuple):
    """Compressors of several seeds, how they were learned and what each took."""

    compressors: list[Compressor]
    history: pd.DataFrame
    """Learning curves: seed, step, training, validation."""
    num_simulations: int
    """Distinct simulations of one seed, validation and invalid ones included."""
    num_discarded: int
    """Simulations left out because they were invalid."""
    num_gradients: int
    """Gradients of the joint density that the features took."""

    def cost(self) -> dict[str, int]:
        """Return the counts as `provenance` takes them."""
        return {
            "simulations": self.num_simulations,
            "gradients": self.num_gradients,
            "num_discarded": self.num_discarded,
        }


def train_compressors(
    problem: Problem,
    name: str,
    seeds: Sequence[int],
    seed: int,
    budget: dict[str, Any],
    *,
    checkpoint: str | Path | None = None,
    digest: str = "",
) -> TrainedCompressors:
    """Train the compressor `name` on data that networks look at: maps made anew at every visit, or stored vectors.

    Parameters
    ----------
    problem
        Lensing or simulations on file.
    name
        A key of `compress.LOSSES`.
    seeds
        Index of each training.
    seed
        Integer seed of the workflow.
    budget
        The ``compressor`` block of a scale in the configuration.
    checkpoint, digest
        As in `train.fit`.

    Returns
    -------
    TrainedCompressors
        Compressors, learning curves and the count of their simulations.

    Raises
    ------
    ValueError
        Where more than five simulations in a thousand are invalid, a problem of maps has no features, or the loss
        needs simulations at the fiducial point.
    train.TrainingError
        Where training diverges.
    """
    loss = LOSSES[name](len(problem.parameter_names))
    if loss.simulations == FIDUCIAL:
        raise ValueError(f"{name!r} needs derivatives at the fiducial point: train it with train_on_features")
    training = problem.training(budget["num_simulations"], budget["num_validation"])
    settings = CompressorSettings(
        training.num_simulations, training.num_validation, budget["batch_size"], FitSettings.from_budget(budget)
    )
    num_channels = budget["num_channels"] if problem.has_maps else 0
    compressors, history = fit_compressor(
        training_keys(seed, name, seeds),
        loss,
        network_of(loss, budget, num_channels),
        training.generate,
        training.observe,
        training.data,
        settings,
        features=problem.features,
        checkpoint=checkpoint,
        digest=digest,
    )
    # Features that a later round computes anew for the same validation maps are not counted again.
    num_observed = int(history["step"].max()) * settings.batch_size + training.num_validation
    num_gradients = num_observed * problem.num_feature_gradients
    num_simulations = training.num_simulations + training.num_validation
    return TrainedCompressors(compressors, history, num_simulations, training.num_discarded, num_gradients)


def train_on_features(
    stored: xr.Dataset,
    name: str,
    seeds: Sequence[int],
    seed: int,
    budget: dict[str, Any],
    *,
    num_simulations: int | None = None,
    checkpoint: str | Path | None = None,
    digest: str = "",
) -> TrainedCompressors:
    """Train the compressor `name` on stored features (`stored_features.extract_features`).

    Seeds train on different simulations where there are enough: seed s begins at simulation s / num_seeds of the
    file. The last simulations of the file validate.

    Parameters
    ----------
    stored
        Features over the prior or, for a loss of the fiducial point, with derivatives there.
    name, seeds, seed, budget, checkpoint, digest
        As in `train_compressors`.
    num_simulations
        Distinct simulations that a seed sees, validation included; all of them if None, and at the fiducial point.

    Returns
    -------
    TrainedCompressors
        The features' function is left to `Compressor.with_features`.

    Raises
    ------
    ValueError
        Where there are fewer simulations than asked for.
    train.TrainingError
        Where training diverges.
    """
    loss = LOSSES[name](stored.sizes["parameter"])
    values = stored["features"].values
    num_views, available = values.shape[:2]
    at_fiducial = loss.simulations == FIDUCIAL
    count = available if num_simulations is None or at_fiducial else num_simulations
    if count > available:
        raise ValueError(f"{count} simulations are asked for, but only {available} are stored")
    num_validation = min(budget["num_validation"], int(MAX_VALIDATION_SHARE * count))
    pool, num_train = available - num_validation, count - num_validation
    starts = np.arange(len(seeds)) * (pool // len(seeds))
    training = (starts[:, None] + np.arange(num_train)) % pool
    # Row v * pool + i holds view v of training simulation i; the validation's views follow.
    rows = np.concatenate([training + view * pool for view in range(num_views)], axis=1)
    targets = _targets(stored, loss)

    def ordered(views: np.ndarray) -> Array:
        shape = (-1, *views.shape[2:])
        return jnp.asarray(np.concatenate([views[:, :pool].reshape(shape), views[:, pool:].reshape(shape)]))

    data = (ordered(np.broadcast_to(targets, (num_views, *targets.shape))), ordered(values))
    if at_fiducial:
        batch_size, patience = min(FIDUCIAL_BATCH, num_train), min(FIDUCIAL_PATIENCE, budget["patience"])
        budget = {**budget, "batch_size": batch_size, "patience": patience}
    settings = CompressorSettings(
        pool * num_views, num_validation * num_views, budget["batch_size"], FitSettings.from_budget(budget)
    )
    compressors, history = fit_compressor(
        training_keys(seed, name, seeds),
        loss,
        network_of(loss, budget, 0),
        lambda row, data: (data[0][row], data[1][row], jnp.array(True)),
        None,
        data,
        settings,
        rows=rows,
        checkpoint=checkpoint,
        digest=digest,
    )
    # Invalid simulations are not in the file, but have cost as much: they are counted with those around them.
    num_discarded = round(stored.attrs.get("num_discarded", 0) * count / available)
    num_gradients = round(stored.attrs.get("cost", {}).get("gradients", 0) * count / available)
    return TrainedCompressors(compressors, history, count + num_discarded, num_discarded, num_gradients)


def training_keys(seed: int, name: str, seeds: Sequence[int]) -> Array:
    """Return one key per training."""
    key = stage_key(seed, "train_compressor", name)
    return jax.vmap(lambda index: jax.random.fold_in(key, index))(jnp.asarray(seeds))


def network_of(loss: Loss, budget: dict[str, Any], num_channels: int) -> SummaryNetwork:
    """Return the architecture of a scale, the same for every loss but for the numbers that it puts out."""
    return SummaryNetwork(loss.num_outputs, num_channels, budget["num_blocks"], num_hidden=budget["num_hidden"])


def _targets(stored: xr.Dataset, loss: Loss) -> np.ndarray:
    if loss.simulations != FIDUCIAL:
        return stored["u"].values
    if "derivative" not in stored:
        raise ValueError("this loss needs derivatives of the features at the fiducial point; the file has none")
    return stored["derivative"].values
