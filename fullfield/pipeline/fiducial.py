"""Fields simulated at one point of parameter space with their derivatives, and summaries that are trained there."""

import dataclasses
import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield.compress import LOSSES, Compressor, CompressorSettings, Loss, Source, fit_compressor
from fullfield.compress.imnn import summaries_and_slopes
from fullfield.compress.losses import Batch
from fullfield.compress.standardise import Seen, pixels
from fullfield.metrics.information import LogDeterminant, Moments, log_determinant, moments
from fullfield.precision import full_precision
from fullfield.resume import Resume
from fullfield.tasks.task import Task, data_shape, simulate_one
from fullfield.types import Array, ArrayLike, Float, RandomKey

CHUNK = 500
"""Simulations that are measured at once."""
Summarise = Callable[[Array], Array]
"""Data (batch, ...) -> summaries (batch, s)."""


def source_at(key: RandomKey, task: Task, theta: Float[ArrayLike, " p"]) -> Source:
    """Return simulations at one point by their index, the target dx / dtheta (p, ...) with latents and noise fixed.

    Data on a square are seen pixel by pixel (`Seen`), others as vectors.
    """
    is_field = len(data_shape(task)) == 2

    def generate(index, data):
        key, theta = data
        own = jax.random.fold_in(key, index)

        def x_of(theta):
            made = simulate_one(own, task, theta, sites=("x",))
            return made["x"], made["num_invalid"]

        x, num_invalid = x_of(theta)
        slopes = jnp.moveaxis(jax.jacfwd(lambda theta: x_of(theta)[0])(theta), -1, 0)
        target, x = (_seen(slopes), _seen(x)) if is_field else (slopes, x)
        return target, x, num_invalid == 0

    data = (key, jnp.asarray(theta, jnp.float32))
    return Source(generate, data, channels=pixels if is_field else None)


def _seen(x: Float[Array, "*batch n n"]) -> Seen:
    return Seen(jnp.zeros((*x.shape[:-2], 0)), x[..., None, :, :])


def summary_of(compressor: Compressor) -> Summarise:
    """Return what a compressor of fields, or of vectors, makes of plain arrays."""
    if not compressor.has_convolutions:
        return compressor.__call__
    plain = compressor.with_features(None)
    return lambda x: plain(_seen(x))


class Measured(NamedTuple):
    """What summaries tell at a point, from simulations there that no training has seen."""

    fisher: Moments
    log_det: LogDeterminant
    """Of their information, in units of the parameters."""


def measure(
    key: RandomKey, summarise: Summarise, task: Task, theta: Float[ArrayLike, " p"], num_simulations: int
) -> Measured:
    """Measure the Fisher information of a summary at a point; the same key makes the same simulations.

    Raises
    ------
    ValueError
        Where a simulation is invalid: no information is defined there.
    """
    source = source_at(key, task, theta)
    plain = (lambda x: summarise(x.maps[:, 0])) if source.channels else summarise

    @jax.jit
    def differentiate(indices, data):
        target, x, valid = jax.vmap(lambda index: source.generate(index, data))(indices)
        return *summaries_and_slopes(plain, Batch(target, x, valid.astype(jnp.float32))), valid

    parts = []
    for start in range(0, num_simulations, CHUNK):
        indices = np.minimum(start + np.arange(CHUNK), num_simulations - 1)
        made = differentiate(jnp.asarray(indices), source.data)
        parts.append([np.asarray(leaf)[: num_simulations - start] for leaf in made])
    summaries, slopes, valid = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    if not valid.all():
        raise ValueError(
            f"{(~valid).sum()} of {num_simulations} simulations of task {task.name} at {np.asarray(theta)} are invalid"
        )
    return Measured(moments(summaries, slopes), log_determinant(summaries, slopes))


@dataclasses.dataclass(frozen=True)
class ScoreEstimate:
    r"""Estimates of the parameters, and white scores, from a summary about one point.

    .. math:: w = L^{-1} (\partial \mu)^T C^{-1} (t - \mu), \quad \hat\theta = \theta_* + L^{-T} w, \quad F = L L^T

    An invertible affine image of two summaries (Makinen et al. 2021, arXiv:2107.07405, eq. 10).
    """

    summarise: Summarise
    theta: np.ndarray
    fisher: Moments

    def white(self, x: Float[Array, "batch ..."]) -> Float[Array, "batch p"]:
        """Return w, of covariance one at the point: distances of w are those of Fisher's metric."""
        offset, matrix = (jnp.asarray(one, jnp.float32) for one in self.fisher.whitening())
        return full_precision(jnp.matmul)(self.summarise(x) - offset, matrix)

    def estimates(self, white: Float[ArrayLike, "batch p"]) -> Float[np.ndarray, "batch p"]:
        """Return the estimates of the parameters that belong to w."""
        factor = np.linalg.cholesky(self.fisher.information)
        return self.theta + np.linalg.solve(factor.T, np.asarray(white, np.float64).T).T


@dataclasses.dataclass(frozen=True)
class InformationSettings:
    """Budget of an information-maximising network.

    Attributes
    ----------
    compressor
        Architecture and training.
    num_slopes, penalty
        Of the loss (`compress.imnn.imnn`).
    """

    compressor: CompressorSettings
    num_slopes: int | None = None
    penalty: float = 1.0

    @property
    def loss(self) -> Callable[[int], Loss]:
        """Return the constructor of the loss."""
        return functools.partial(LOSSES["imnn"], num_slopes=self.num_slopes, penalty=self.penalty)


def train_at(
    key: RandomKey,
    task: Task,
    theta: Float[ArrayLike, " p"],
    settings: InformationSettings,
    *,
    start: Compressor | None = None,
    resume: Resume | None = None,
) -> tuple[Compressor, pd.DataFrame]:
    """Train an information-maximising network at a point, on simulations made on the fly.

    Parameters
    ----------
    key
        A typed key.
    task
        The generative model.
    theta
        The point.
    settings
        Budget.
    start
        Trained elsewhere, for the weights to start from; None for random ones.
    resume
        As in `train.fit`.

    Returns
    -------
    tuple
        The network's outputs, not whitened, and learning curves: ``validation`` is -ln det F in units of theta.
    """
    loss = settings.loss(task.num_parameters)
    # A linear summary of a vector need not know of all parameters.
    starts_linear = len(data_shape(task)) == 2
    loss = loss._replace(whiten=None, solve=loss.solve if starts_linear else None)
    simulate_key, fit_key = jax.random.split(key)
    source = source_at(simulate_key, task, theta)
    weights = start and start.params["network"]
    compressors, history = fit_compressor(
        fit_key[None], loss, source, settings.compressor, start=weights, resume=resume
    )
    return compressors[0], history
