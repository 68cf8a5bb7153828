"""What tasks of random fields share: simulation, exact likelihood, Fisher information and posterior."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import scipy.interpolate

from fullfield.fields import Grid
from fullfield.fields.random_field import RandomField, mode_count, mode_power
from fullfield.precision import full_precision
from fullfield.tasks.cells import cell_centres, sample_cells
from fullfield.tasks.prior import ProductPrior, Uniform
from fullfield.tasks.task import Task
from fullfield.types import Array, ArrayLike, Float, RandomKey

NUM_NODES = 160
"""Of each parameter, where log likelihoods are computed; between them they are smooth."""
NUM_FINE = 512
"""Of each parameter, over the part of the prior that counts."""
MAX_DEFICIT = 25.0
"""Nats below the best node at which nothing counts."""


class FieldModel(NamedTuple):
    """A random field of two parameters."""

    grid: Grid
    """Its topology; whatever unit its side has, `log_variance` knows."""
    log_variance: Callable[[Array], Float[Array, " distinct"]]
    """theta -> ln e_k on the distinct modes."""
    is_lognormal: bool

    def score_at(self, theta: Float[ArrayLike, " p"]) -> Callable[[Array], Array]:
        r"""Return fields (batch, N, N) -> exact scores (batch, p) at a point, no summary keeping more there.

        .. math:: s_a = \tfrac12 \sum_k (|y_k|^2 / e_k - 1)\, \partial_a \ln e_k
        """
        log_variance, slopes = self.log_variance(jnp.asarray(theta)), self.slopes_at(theta)
        count = mode_count(self.grid)[1:]

        @full_precision
        def score(x: Float[Array, "batch n n"]) -> Float[Array, "batch p"]:
            return 0.5 * (self.power(x)[:, 1:] * jnp.exp(-log_variance[1:]) - count) @ slopes

        return score

    def slopes_at(self, theta: Float[ArrayLike, " p"]) -> Float[Array, "mode p"]:
        """Return the derivatives of ln e_k, without that of the mean."""
        return jax.jacfwd(self.log_variance)(jnp.asarray(theta))[1:]

    def power(self, x: Float[Array, "*batch n n"]) -> Float[Array, "*batch distinct"]:
        """Return the power of the modes of the Gaussian field behind x (`mode_power`)."""
        return mode_power(self.grid, jnp.log1p(x) if self.is_lognormal else x)


def field_task(
    name: str, names: tuple[str, ...], prior: ProductPrior, fiducial: Float[np.ndarray, " p"], field: FieldModel
) -> Task:
    """Return the task of a random field, without latents: its density is that of the field itself."""

    def model(x=None):
        theta = numpyro.sample("theta", prior)
        log_variance = field.log_variance(theta)
        numpyro.deterministic("num_invalid", jnp.sum(~jnp.isfinite(log_variance[1:])).astype(jnp.int32))
        law = RandomField(jnp.exp(log_variance), field.grid, is_lognormal=field.is_lognormal)
        numpyro.sample("x", law, obs=x)

    sampler = functools.cache(lambda: ExactPosterior(field, prior))
    return Task(
        name,
        names,
        prior,
        fiducial,
        None,
        model,
        posterior=lambda key, x, num_draws: sampler().sample(key, x, num_draws),
    )


@full_precision
def fisher_information(field: FieldModel, theta: Float[ArrayLike, " p"]) -> Float[Array, "p p"]:
    r"""Return the exact Fisher information, F_ab = 1/2 sum_k d ln e_k / d theta_a  d ln e_k / d theta_b."""
    slopes = field.slopes_at(theta)
    return 0.5 * (slopes * mode_count(field.grid)[1:, None]).T @ slopes


class ExactPosterior:
    """The posterior of the two parameters of a field, on a grid over a uniform prior.

    Log likelihoods at `NUM_NODES` squared nodes take a product of matrices, the variances being computed once; a
    bicubic spline carries them to `NUM_FINE` squared points over the part of the prior that counts.

    Parameters
    ----------
    field
        The field.
    prior
        Two uniform laws.

    Raises
    ------
    ValueError
        For another prior.
    """

    def __init__(self, field: FieldModel, prior: ProductPrior):
        if len(prior.marginals) != 2 or not all(isinstance(factor, Uniform) for factor in prior.marginals):
            raise ValueError(f"an exact posterior on a grid needs two uniform priors, not {prior}")
        self.field = field
        self.axes = [np.linspace(factor.low, factor.high, NUM_NODES) for factor in prior.marginals]
        nodes = np.stack(np.meshgrid(*self.axes, indexing="ij"), axis=-1).reshape(-1, 2)
        compute = jax.jit(lambda nodes: jax.lax.map(field.log_variance, nodes, batch_size=NUM_NODES))
        self._log_variance = np.asarray(compute(jnp.asarray(nodes, jnp.float32)), np.float64)[:, 1:]
        self._count = np.asarray(mode_count(field.grid), np.float64)[1:]
        self._power = jax.jit(field.power)

    def log_density(self, x: Float[ArrayLike, "n n"]) -> tuple[list[np.ndarray], Float[np.ndarray, "first second"]]:
        """Return points of both parameters, and the log posterior there, normalised so that the largest is zero."""
        power = np.asarray(self._power(jnp.asarray(x)), np.float64)[1:]
        values = -0.5 * (np.exp(-self._log_variance) @ power + self._log_variance @ self._count)
        values = values.reshape(NUM_NODES, NUM_NODES)
        spline = scipy.interpolate.RectBivariateSpline(*self.axes, values - values.max())
        counts = np.nonzero(values > values.max() - MAX_DEFICIT)
        fine = []
        for axis, places in zip(self.axes, counts, strict=True):
            low, high = axis[max(places.min() - 1, 0)], axis[min(places.max() + 1, NUM_NODES - 1)]
            fine.append(cell_centres(low, high, NUM_FINE))
        density = spline(*fine)
        return fine, density - density.max()

    def sample(self, key: RandomKey, x: Float[ArrayLike, "n n"], num_draws: int) -> Float[np.ndarray, "draw 2"]:
        """Return independent draws: a cell in proportion to its density, a uniform place within it."""
        fine, log_density = self.log_density(x)
        return sample_cells(key, fine, log_density, num_draws)
