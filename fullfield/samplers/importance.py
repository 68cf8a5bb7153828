"""Independent draws from a posterior whose modes are known: importance sampling from Student laws about them."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.precision import full_precision
from fullfield.types import Array, Float, RandomKey

DEGREES_OF_FREEDOM = 6.0
"""Of the Student laws: their tails are heavier than those of posteriors."""
WIDENED = 1.1
"""Scale of the Student laws over that of the normal law of the same curvature."""
BATCH = 2000
"""Points whose density is computed together."""


class Weighted(NamedTuple):
    """Draws of the proposal and their importance weights."""

    draws: Float[np.ndarray, "draw dimension"]
    log_weight: Float[np.ndarray, " draw"]
    """log density - log proposal density, up to a constant; what is not a number has no weight."""

    @property
    def weights(self) -> Float[np.ndarray, " draw"]:
        """Weights over their sum."""
        log_weight = np.where(np.isnan(self.log_weight), -np.inf, np.asarray(self.log_weight, np.float64))
        weights = np.exp(log_weight - log_weight.max())
        return weights / weights.sum()

    @property
    def ess(self) -> float:
        """Effective sample size, (sum w)^2 / sum w^2."""
        return float(1 / np.sum(self.weights**2))

    def accepted(self, rng: np.random.Generator) -> Float[np.ndarray, "accepted dimension"]:
        """Return independent draws of the target, as rejection with the largest weight as its bound leaves them."""
        weights = self.weights
        return self.draws[rng.uniform(size=len(weights)) * weights.max() < weights]


@full_precision
def sample_about(
    key: RandomKey,
    log_density: Callable[[Float[Array, " dimension"]], Float[Array, ""]],
    modes: Float[Array, "mode dimension"],
    precisions: Float[Array, "mode dimension dimension"],
    num_draws: int,
) -> tuple[Float[Array, "draw dimension"], Float[Array, " draw"]]:
    r"""Draw from the equal mixture of Student laws about modes, and weight the draws.

    .. math:: q(u) = \frac1M \sum_m t_6(u; \hat u_m, 1.1^2 F_m^{-1})

    Parameters
    ----------
    key
        A typed key.
    log_density
        Of one u, unnormalised.
    modes, precisions
        Where the density is large, and -Hessian of its logarithm, positive definite.
    num_draws
        Draws of the proposal.

    Returns
    -------
    tuple
        Draws and the logarithms of their weights, for `Weighted`.
    """
    roots = jnp.linalg.cholesky(precisions) / WIDENED
    num_dimensions = modes.shape[1]

    def propose(key):
        which, normal, chi = jax.random.split(key, 3)
        mode = jax.random.randint(which, (), 0, len(modes))
        stretch = jnp.sqrt(DEGREES_OF_FREEDOM / jax.random.chisquare(chi, DEGREES_OF_FREEDOM))
        white = stretch * jax.random.normal(normal, (num_dimensions,))
        return modes[mode] + jax.scipy.linalg.solve_triangular(roots[mode].T, white, lower=False)

    def log_proposal(u):
        white = jnp.einsum("mij,mi->mj", roots, u - modes)
        kernel = -(DEGREES_OF_FREEDOM + num_dimensions) / 2 * jnp.log1p(jnp.sum(white**2, -1) / DEGREES_OF_FREEDOM)
        return jax.nn.logsumexp(kernel + jnp.log(jnp.diagonal(roots, axis1=1, axis2=2)).sum(-1))

    def one(key):
        u = propose(key)
        return u, log_density(u) - log_proposal(u)

    return jax.lax.map(one, jax.random.split(key, num_draws), batch_size=BATCH)
