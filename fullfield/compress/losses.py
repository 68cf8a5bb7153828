"""Losses that train a summary t(x) of parameters u, which are standard normal under the prior: one function each.

`LOSSES` holds them by the name that the configuration uses. To add one, write a function of the number of parameters
that returns a `Loss`, and decorate it with `register`.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fullfield.precision import full_precision
from fullfield.types import Array, Float, Params, RandomKey

PRIOR, FIDUCIAL = "prior", "fiducial"


class Batch(NamedTuple):
    """Simulations that a loss is evaluated on."""

    target: Any
    """(batch, p) parameters u, or for a loss of the fiducial point (batch, p, ...) derivatives of x in u."""
    x: Float[Array, "batch ..."]
    valid: Float[Array, " batch"]
    """1, or 0 for an invalid simulation, which counts for nothing."""


class Loss(NamedTuple):
    """A loss, the part of it that is trained along and thrown away, and what it needs."""

    num_outputs: int
    """Numbers that the network puts out."""
    num_summaries: int
    """The first of them, which are handed on to inference."""
    init: Callable[[RandomKey], Params]
    """key -> weights of the loss's own network."""
    value: Callable[[Params, Callable[[Array], Array], Batch], Array]
    """(weights, x -> network outputs, batch) -> scalar loss."""
    simulations: str = PRIOR
    """Where the simulations are drawn: over the `PRIOR`, or at the `FIDUCIAL` point with their derivatives.

    Over the prior the value is a mean over the valid simulations."""
    selection: Callable[[Params, Callable[[Array], Array], Batch], Array] | None = None
    """What decides on held-out simulations which weights are kept; the value where it is None."""
    solve: Callable[[Callable[[Array], Array], Batch], Array] | None = None
    """(x -> standardised vectors, batch) -> (length, num_outputs) weights of the best linear summary, where training
    starts; None where it starts from random weights."""
    is_trained: bool = True
    """Whether anything is trained; else the linear summary is the summary."""
    whiten: Callable[[Callable[[Array], Array], Batch], Params] | None = None
    """(x -> network outputs, held-out batch) -> ``offset`` and ``matrix`` of what is handed on,
    (outputs - offset) @ matrix; the outputs where it is None."""


LOSSES: dict[str, Callable[[int], Loss]] = {}
"""Constructors by the name that the configuration uses; each takes the number of parameters."""


def register(constructor: Callable[..., Loss]) -> Callable[..., Loss]:
    """Enter a constructor in `LOSSES` under its own name."""
    LOSSES[constructor.__name__] = constructor
    return constructor


def register_at_fiducial(constructor: Callable[..., Loss]) -> Callable[..., Loss]:
    """Enter the constructor of a loss whose `simulations` are at the fiducial point."""
    return register(constructor)


def over_simulations(value: Callable[[Params, Array, Array], Array]) -> Callable[..., Array]:
    """Average (weights, outputs (batch, num_outputs), u (batch, p)) -> (batch,) over the valid simulations."""

    def mean(params: Params, network: Callable[[Array], Array], batch: Batch) -> Array:
        return jnp.sum(batch.valid * value(params, network(batch.x), batch.target)) / jnp.sum(batch.valid)

    return mean


def regression(num_outputs: int, num_summaries: int, value: Callable[[Array, Array], Array]) -> Loss:
    """Return a loss without weights of its own, from (outputs, u) -> (batch,) losses."""
    return Loss(num_outputs, num_summaries, lambda key: {}, over_simulations(lambda _, outputs, u: value(outputs, u)))


@register
def mse(num_parameters: int) -> Loss:
    r"""Mean squared error, :math:`L = E |t(x) - u|^2`, least where t is the posterior mean E[u | x].

    Two data with the same posterior mean are not told apart: the summary is sufficient only where the mean is.
    """
    return regression(num_parameters, num_parameters, lambda outputs, u: jnp.sum((outputs - u) ** 2, axis=-1))


@register
def mae(num_parameters: int) -> Loss:
    r"""Mean absolute error, :math:`L = E \sum_p |t_p(x) - u_p|`, least where t_p is the median of p(u_p | x)."""
    return regression(num_parameters, num_parameters, lambda outputs, u: jnp.sum(jnp.abs(outputs - u), axis=-1))


def _gnll(num_parameters: int, num_summaries: int) -> Loss:
    size = num_gaussian_outputs(num_parameters)
    return regression(size, num_summaries, lambda outputs, u: jax.vmap(gaussian_negative_log_likelihood)(outputs, u))


@register
def gnll(num_parameters: int) -> Loss:
    r"""Gaussian negative log likelihood, :math:`L = -E \log N(u; \mu(x), \Sigma(x))`, in nats; hands on the mean.

    It is least where mu is the posterior mean and Sigma the posterior covariance, whatever the posterior's form.
    """
    return _gnll(num_parameters, num_parameters)


@register
def gnll_covariance(num_parameters: int) -> Loss:
    """Gaussian negative log likelihood that hands on mean and covariance, p + p (p + 1) / 2 numbers; see `gnll`."""
    return _gnll(num_parameters, num_gaussian_outputs(num_parameters))


def num_gaussian_outputs(num_parameters: int) -> int:
    """Return how many numbers a mean and a triangular factor have."""
    return num_parameters + num_parameters * (num_parameters + 1) // 2


def gaussian_moments(outputs: Float[Array, " o"], num_parameters: int) -> tuple[Array, Array]:
    """Split the outputs of one simulation into the mean and the lower factor A of the precision, A A^T = Sigma^-1."""
    mean, diagonal, below = jnp.split(outputs, [num_parameters, 2 * num_parameters])
    rows, columns = jnp.tril_indices(num_parameters, -1)
    return mean, jnp.diag(jnp.exp(diagonal)).at[rows, columns].set(below)


@full_precision
def gaussian_negative_log_likelihood(outputs: Float[Array, " o"], u: Float[Array, " p"]) -> Float[Array, ""]:
    """Return -log N(u; mu, Sigma), in nats, with mu and Sigma as the outputs encode them (`gaussian_moments`)."""
    mean, factor = gaussian_moments(outputs, len(u))
    residual = factor.T @ (u - mean)
    return jnp.sum(residual**2) / 2 - jnp.sum(jnp.log(jnp.diag(factor))) + len(u) * math.log(2 * math.pi) / 2


@register
def vmim(num_parameters: int) -> Loss:
    """Variational mutual information maximisation, L = -E log q(u | t(x)), with a conditional density q trained along.

    -L + H(u) is a lower bound of the mutual information I(u; t), tight where q is the posterior given t; its optimum is
    a sufficient summary (Jeffrey, Alsing & Lanusse 2021, arXiv 2009.08459). For a single parameter q is a mixture of
    Gaussians, since a coupling flow in one dimension is Gaussian.
    """
    # Most jobs train no flow, and TensorFlow Probability takes half a second to import.
    from fullfield.flows import ConditionalFlow, ConditionalMixture

    if num_parameters == 1:
        density = ConditionalMixture(1, 1)
    else:
        density = ConditionalFlow(num_parameters, num_parameters, num_layers=4, num_hidden=64)

    def value(params, outputs, u):
        return -jax.vmap(density.log_prob, (None, 0, 0))(params, u, outputs)

    return Loss(num_parameters, num_parameters, density.init, over_simulations(value))
