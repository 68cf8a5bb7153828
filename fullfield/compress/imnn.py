"""Summaries of most Fisher information at one point of parameter space: a neural network, and the best linear one."""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fullfield.compress.losses import FIDUCIAL, Batch, Loss, register_at_fiducial
from fullfield.precision import full_precision
from fullfield.types import Array, Float, Params

COUPLING = 10.0
CLOSENESS = 0.1
RATE = -math.log(CLOSENESS * (COUPLING - 1.0) + CLOSENESS**2 / (1.0 + CLOSENESS)) / CLOSENESS
"""lambda, epsilon and alpha of Makinen et al. (2021), sec. 2: the regularisation fades once C is near I."""

CHUNK = 500
"""Simulations differentiated at once."""


class Fisher(NamedTuple):
    """What simulations at one point say about the summaries there."""

    information: Float[Array, "p p"]
    covariance: Float[Array, "s s"]
    derivative: Float[Array, "s p"]
    mean: Float[Array, " s"]

    @full_precision
    def whitening(self) -> Params:
        r"""Return what makes of the summaries w with unit covariance and dw / du = L^T, where F = L L^T.

        .. math:: w = L^{-1} (\partial_u \mu)^T C^{-1} (t - \mu)

        It keeps the information: u + L^{-T} w estimates the parameters with covariance F^-1.
        """
        factor = jnp.linalg.cholesky(self.information)
        directions = jnp.linalg.solve(self.covariance, self.derivative)
        return {"offset": self.mean, "matrix": jax.scipy.linalg.solve_triangular(factor, directions.T, lower=True).T}


@register_at_fiducial
def imnn(num_parameters: int, num_slopes: int | None = None, penalty: float = 1.0) -> Loss:
    r"""Minus the log determinant of the Fisher information of t, kept at unit covariance; see `fisher_information`.

    .. math:: L = -\ln \det F + r \Lambda, \quad \Lambda = |C - I|_F + |C^{-1} - I|_F, \quad
              r = \lambda \Lambda / (\Lambda + e^{-\alpha \Lambda})

    The gradient takes the strength r as fixed. Training starts from the best linear summary (`moped`). The penalty
    keeps it in scale, but its sampling noise is large, and F does not change when t is transformed linearly: the
    weights that are kept have the least -ln det F on held-out simulations, on which t is whitened afterwards. At its
    optimum t is locally sufficient, as the score of the likelihood is: for small departures from the point where it was
    trained (Charnock et al. 2018, arXiv 1802.03537; Makinen et al. 2021, arXiv 2107.07405, eqs. 6-9).

    `num_slopes` simulations of a training batch, the first, are differentiated, as published all of them where it is
    None. `penalty` multiplies r Lambda, 1 as published.
    """
    return Loss(
        num_parameters,
        num_parameters,
        lambda key: {},
        functools.partial(_value, num_slopes, penalty),
        FIDUCIAL,
        selection=_minus_log_det,
        solve=_most_informative_directions,
        whiten=_whitening,
    )


@register_at_fiducial
def moped(num_parameters: int) -> Loss:
    r"""Minus the log determinant of the Fisher information of the best linear summary, which is not trained.

    .. math:: t = (\partial_u \mu)^T C^{-1} x

    mu and C are mean and covariance of the vectors at the fiducial point (Heavens, Jimenez & Lahav 2000, arXiv
    astro-ph/9911102).
    """
    return Loss(
        num_parameters,
        num_parameters,
        lambda key: {},
        _minus_log_det,
        FIDUCIAL,
        solve=_most_informative_directions,
        is_trained=False,
        whiten=_whitening,
    )


def _minus_log_det(_: Params, network: Callable[[Array], Array], batch: Batch) -> Array:
    return -jnp.linalg.slogdet(fisher_information(network, batch).information)[1]


def _whitening(network: Callable[[Array], Array], batch: Batch) -> Params:
    return fisher_information(network, batch).whitening()


def _most_informative_directions(network: Callable[[Array], Array], batch: Batch) -> Array:
    return fisher_information(network, batch).whitening()["matrix"]


def _value(num_slopes: int | None, penalty: float, _: Params, network: Callable[[Array], Array], batch: Batch) -> Array:
    fisher = fisher_information(network, batch, num_slopes)
    identity = jnp.eye(len(fisher.covariance))
    departure = _norm(fisher.covariance - identity) + _norm(jnp.linalg.inv(fisher.covariance) - identity)
    strength = COUPLING * departure / (departure + jnp.exp(-RATE * departure))
    return -jnp.linalg.slogdet(fisher.information)[1] + penalty * jax.lax.stop_gradient(strength) * departure


def _norm(matrix: Array) -> Array:
    # A gradient exists at zero, too.
    return jnp.sqrt(jnp.sum(matrix**2) + 1e-12)


def fisher_information(network: Callable[[Array], Array], batch: Batch, num_slopes: int | None = None) -> Fisher:
    r"""Return F = dmu^T C^-1 dmu, with dmu the mean of dt / du and C the covariance of t at the fiducial point.

    Parameters
    ----------
    network
        x -> summaries, for a batch; differentiated along `batch.target`.
    batch
        Simulations x at the fiducial point with exact derivatives dx / du, latents and noise fixed.
    num_slopes
        Simulations, the first, that dmu is the mean over; all of them where this is None.

    Returns
    -------
    Fisher
        With the information in units of u.
    """
    return fisher_of(*summaries_and_slopes(network, batch, num_slopes), batch.valid)


def summaries_and_slopes(
    network: Callable[[Array], Array], batch: Batch, num_slopes: int | None = None
) -> tuple[Array, Array]:
    """Return the summaries (n, s) of simulations at the fiducial point, and derivatives in u (num_slopes, s, p)."""

    def differentiated(x: Any, target: Any) -> tuple[Array, Array]:
        def along(tangent):
            return jax.jvp(network, (x,), (tangent,))

        return jax.vmap(along, in_axes=1, out_axes=(None, 2))(target)

    if num_slopes is not None and num_slopes < len(batch.valid):
        few = jax.tree.map(lambda leaf: leaf[:num_slopes], (batch.x, batch.target))
        return network(batch.x), differentiated(*few)[1]
    if len(batch.valid) <= CHUNK:
        return differentiated(batch.x, batch.target)

    def one(pair):
        return jax.tree.map(lambda leaf: leaf[0], differentiated(*jax.tree.map(lambda leaf: leaf[None], pair)))

    return jax.lax.map(one, (batch.x, batch.target), batch_size=CHUNK)


@full_precision
def fisher_of(summaries: Float[Array, "n s"], slopes: Float[Array, "m s p"], valid: Float[Array, " n"]) -> Fisher:
    """Return the Fisher information of summaries, the first of them differentiated; what is not valid is left out."""
    weights, of_slopes = (few / jnp.sum(few) for few in (valid, valid[: len(slopes)]))
    derivative = jnp.einsum("n,nsp->sp", of_slopes, slopes)
    mean = weights @ summaries
    centred = summaries - mean
    covariance = jnp.einsum("n,ns,nt->st", weights, centred, centred) / (1.0 - 1.0 / jnp.sum(valid))
    information = derivative.T @ jnp.linalg.solve(covariance, derivative)
    return Fisher(information, covariance, derivative, mean)
