"""Information-maximising neural network: a summary trained at one point of parameter space, on Fisher information."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from fullfield.compress.losses import FIDUCIAL, Batch, Loss, register_at_fiducial
from fullfield.precision import full_precision
from fullfield.types import Array, Float, Params

COUPLING = 10.0
CLOSENESS = 0.1
RATE = -math.log(CLOSENESS * (COUPLING - 1.0) + CLOSENESS**2 / (1.0 + CLOSENESS)) / CLOSENESS
"""lambda, epsilon and alpha of Makinen et al. (2021), sec. 2: the regularisation fades once C is near I."""


class Fisher(NamedTuple):
    """What simulations at one point say about the summaries there."""

    information: Float[Array, "p p"]
    covariance: Float[Array, "s s"]
    derivative: Float[Array, "s p"]


@register_at_fiducial
def imnn(num_parameters: int) -> Loss:
    r"""Minus the log determinant of the Fisher information of t, kept at unit covariance; see `fisher_information`.

    .. math:: L = -\ln \det F + r \Lambda, \quad \Lambda = |C - I|_F + |C^{-1} - I|_F, \quad
              r = \lambda \Lambda / (\Lambda + e^{-\alpha \Lambda})

    The gradient takes the strength r as fixed. At its optimum t is locally sufficient, as the score of the likelihood
    is: for small departures from the point where it was trained (Charnock et al. 2018, arXiv 1802.03537; Makinen et al.
    2021, arXiv 2107.07405, eqs. 6-9).
    """
    return Loss(num_parameters, num_parameters, lambda key: {}, _value, FIDUCIAL)


def _value(_: Params, network: Callable[[Array], Array], batch: Batch) -> Array:
    fisher = fisher_information(network, batch)
    identity = jnp.eye(len(fisher.covariance))
    departure = _norm(fisher.covariance - identity) + _norm(jnp.linalg.inv(fisher.covariance) - identity)
    strength = COUPLING * departure / (departure + jnp.exp(-RATE * departure))
    return -jnp.linalg.slogdet(fisher.information)[1] + jax.lax.stop_gradient(strength) * departure


def _norm(matrix: Array) -> Array:
    # A gradient exists at zero, too.
    return jnp.sqrt(jnp.sum(matrix**2) + 1e-12)


def fisher_information(network: Callable[[Array], Array], batch: Batch) -> Fisher:
    r"""Return F = dmu^T C^-1 dmu, with dmu the mean of dt / du and C the covariance of t at the fiducial point.

    Parameters
    ----------
    network
        x -> summaries, for a batch; differentiated along `batch.target`.
    batch
        Simulations x at the fiducial point with exact derivatives dx / du, latents and noise fixed.

    Returns
    -------
    Fisher
        With the information in units of u.
    """

    def along(tangent):
        return jax.jvp(network, (batch.x,), (tangent,))

    summaries, slopes = jax.vmap(along, in_axes=1, out_axes=(None, 2))(batch.target)
    return _information(summaries, slopes, batch.valid)


@full_precision
def _information(summaries: Array, slopes: Array, valid: Array) -> Fisher:
    weights = valid / jnp.sum(valid)
    derivative = jnp.einsum("n,nsp->sp", weights, slopes)
    centred = summaries - weights @ summaries
    covariance = jnp.einsum("n,ns,nt->st", weights, centred, centred) / (1.0 - 1.0 / jnp.sum(valid))
    information = derivative.T @ jnp.linalg.solve(covariance, derivative)
    return Fisher(information, covariance, derivative)
