r"""Learning from scores: the gradient of a learned log density is drawn towards those of the simulator.

.. math:: \frac12 E \lVert W^\top (\nabla_u \log q_\varphi - g) \rVert^2, \quad W W^\top = E[g g^\top]^{-1}

The minimum over all densities is where the gradient of log q is E[g | u, s], whatever W is (Zeghal et al. 2022,
arXiv:2207.05636, in units of the scores' own covariance). For a Gaussian whose g has no noise it costs as much as the
log density does: half a nat for a shift of one sigma.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.types import Array, ArrayLike, Float

RIDGE = 1e-4
"""Of the scores' covariance, in units of its mean diagonal: fewer scores than parameters have none of full rank."""


def mismatch(
    log_density: Callable[[Array, Array], Array],
    u: Float[ArrayLike, "row parameter"],
    summary: Float[ArrayLike, "row summary"],
    score: Float[ArrayLike, "row parameter"],
    whitening: Float[ArrayLike, "parameter parameter"],
) -> Float[Array, ""]:
    """Return half the mean squared length of whitened differences; log_density(u, summary) of one row."""
    slope = jax.vmap(jax.grad(log_density))(u, summary)
    return 0.5 * jnp.sum(((slope - score) @ whitening) ** 2, axis=-1).mean()


def whitening_of(score: Float[ArrayLike, "row parameter"]) -> Float[Array, "parameter parameter"]:
    """Return W, the Cholesky factor of the inverse of E[g g^T].

    Raises
    ------
    ValueError
        Where every score is zero.
    """
    score = np.asarray(score, np.float64)
    moments = score.T @ score / len(score)
    size = np.trace(moments) / len(moments)
    if size == 0:
        raise ValueError("every score is zero: nothing can be learned from them")
    return jnp.asarray(np.linalg.cholesky(np.linalg.inv(moments + RIDGE * size * np.eye(len(moments)))), jnp.float32)


def pull_back(
    to_theta: Callable[[Array], Array],
    u: Float[ArrayLike, "row parameter"],
    score: Float[ArrayLike, "row parameter"],
) -> Float[Array, "row parameter"]:
    r"""Return the scores of a likelihood in other coordinates, (d theta / d u)^T g."""

    def one(u, score):
        return jax.vjp(to_theta, u)[1](score)[0]

    return jax.jit(jax.vmap(one))(jnp.asarray(u), jnp.asarray(score))
