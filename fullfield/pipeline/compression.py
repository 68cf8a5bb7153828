"""Train the compressors of a problem: one loss, several seeds."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.compress.compressor import Compressor
from fullfield.compress.fit import CompressorSettings, fit_compressor
from fullfield.compress.losses import FIDUCIAL, LOSSES, Loss
from fullfield.compress.standardise import standardisation
from fullfield.compress.untrained import NONE, uncompressed
from fullfield.keys import stage_key
from fullfield.pipeline.feature_rows import rows_of_seeds, rows_source
from fullfield.pipeline.stored_features import MapsOf
from fullfield.pipeline.stored_simulations import Stored, split_stored
from fullfield.resume import Resume
from fullfield.types import Array


class Training(NamedTuple):
    """Which networks are trained."""

    name: str
    """Of the loss, a key of `compress.LOSSES`, or ``none``: vectors as they are."""
    seeds: Sequence[int]
    """Index of each training."""
    seed: int
    """Integer seed of the workflow."""
    num_simulations: int | None = None
    """Distinct ones that a seed sees, validation included; all of the file if None, and at the fiducial point."""

    def keys(self) -> Array:
        """Return one key per training."""
        key = stage_key(self.seed, "train_compressor", self.name)
        return jax.vmap(lambda index: jax.random.fold_in(key, index))(jnp.asarray(self.seeds))


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
    problem: Stored, training: Training, settings: CompressorSettings, *, resume: Resume | None = None
) -> TrainedCompressors:
    """Train a compressor on simulations on file as the vectors that they are, one share of them to validate.

    Parameters
    ----------
    problem
        Simulations on file.
    training
        Loss and seeds.
    settings
        Architecture and budget; the numbers of simulations are those of the shares, and no convolutions are made.
    resume
        As in `train.fit`.

    Returns
    -------
    TrainedCompressors
        Compressors, learning curves and the count of their simulations.

    Raises
    ------
    ValueError
        Where the loss needs simulations at the fiducial point.
    train.TrainingError
        Where training diverges.
    """
    if training.name == NONE:
        rows = split_stored(problem.num_stored)["validation"]
        return _untrained(uncompressed(jnp.asarray(problem.data[1])[rows]), len(rows))
    loss = LOSSES[training.name](len(problem.parameter_names))
    if loss.simulations == FIDUCIAL:
        raise ValueError(f"{training.name!r} needs derivatives at the fiducial point: train it with train_on_features")
    shares = split_stored(problem.num_stored)
    num_simulations, num_validation = len(shares["compressor"]), len(shares["validation"])
    settings = dataclasses.replace(
        settings, num_simulations=num_simulations, num_validation=num_validation, num_channels=0
    )
    compressors, history = fit_compressor(training.keys(), loss, problem.source, settings, resume=resume)
    return TrainedCompressors(compressors, history, num_simulations + num_validation, 0, 0)


def train_on_features(
    stored: xr.Dataset,
    training: Training,
    settings: CompressorSettings,
    *,
    over_prior: xr.Dataset | None = None,
    maps: MapsOf | None = None,
    resume: Resume | None = None,
) -> TrainedCompressors:
    """Train a compressor on stored features (`stored_features.extract_features`), and on their maps made anew.

    Seeds train on different simulations where there are enough: seed s begins at simulation s / num_seeds of the
    file. The last simulations of the file validate. A batch holds at most as many simulations as there are.

    Parameters
    ----------
    stored
        Features over the prior or, for a loss of the fiducial point, with derivatives there.
    training
        Loss and seeds.
    settings
        Architecture and budget; the numbers of simulations in it are those of `training` and of the file.
    over_prior
        The same features over the prior, whose means and scales standardise those at the fiducial point: by their own,
        most of the prior would be clipped.
    maps
        What convolutions look at, with the noise that the features have seen and another symmetry at every visit; None
        for a network without.
    resume
        As in `train.fit`.

    Returns
    -------
    TrainedCompressors
        The features' function is left to `Compressor.with_features`.

    Raises
    ------
    ValueError
        Where there are fewer simulations than asked for, or maps of a loss of the fiducial point.
    train.TrainingError
        Where training diverges.
    """
    if training.name == NONE:
        vectors = jnp.asarray(stored["features"].values[0])
        return _untrained(uncompressed(vectors), len(vectors))
    loss = LOSSES[training.name](stored.sizes["parameter"])
    num_views, available = stored["features"].shape[:2]
    count = _count(training, loss, available)
    num_validation = min(settings.num_validation, int(settings.max_validation_share * count))
    pool, num_train = available - num_validation, count - num_validation
    has_convolutions = maps is not None and settings.num_channels > 0
    settings = dataclasses.replace(
        settings,
        num_simulations=pool * num_views,
        num_validation=num_validation * (1 if has_convolutions else num_views),
        batch_size=min(settings.batch_size, num_train),
        num_channels=settings.num_channels if has_convolutions else 0,
    )
    if has_convolutions and loss.simulations == FIDUCIAL:
        raise ValueError(f"{training.name!r} is trained at the fiducial point, of which no maps are made anew")
    compressors, history = fit_compressor(
        training.keys(),
        loss,
        rows_source(stored, loss, pool, maps if has_convolutions else None),
        settings,
        rows=rows_of_seeds(len(training.seeds), num_train, pool, num_views),
        scales=None if over_prior is None else standardisation(None, jnp.asarray(over_prior["features"].values[0])),
        resume=resume,
    )
    # Invalid simulations are not in the file, but have cost as much: they are counted with those around them.
    num_discarded = round(stored.attrs.get("num_discarded", 0) * count / available)
    num_gradients = round(stored.attrs.get("cost", {}).get("gradients", 0) * count / available)
    return TrainedCompressors(compressors, history, count + num_discarded, num_discarded, num_gradients)


def _untrained(compressor: Compressor, num_simulations: int) -> TrainedCompressors:
    """Return a compressor that has no learning curve; its simulations have given means and scales."""
    history = pd.DataFrame({"seed": [0], "step": [0], "training": [np.nan], "validation": [np.nan]})
    return TrainedCompressors([compressor], history, num_simulations, 0, 0)


def _count(training: Training, loss: Loss, available: int) -> int:
    count = training.num_simulations
    if count is None or loss.simulations == FIDUCIAL:
        return available
    if count > available:
        raise ValueError(f"{count} simulations are asked for, but only {available} are stored")
    return count
