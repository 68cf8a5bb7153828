"""The most probable parameters of maps taken as a Gaussian field: a summary without weights."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.interpolate

from fullfield.fields import Grid, PowerSpectrumEstimator
from fullfield.fields.gaussian import pair_indices
from fullfield.tasks import ProductPrior
from fullfield.tasks.lensing import Theory
from fullfield.types import Array, ArrayLike, Float

NUM_BANDS = 16
NUM_ITERATIONS = 5
MAX_STEP = 1.0
"""Longest step in one coordinate, in standard deviations of the prior."""
BOUND = 4.0


class GaussianEstimate(NamedTuple):
    """A maximum of the Gaussian-field posterior."""

    u: Float[Array, " p"]
    precision: Float[Array, "p p"]
    """Fisher information there, the prior's included."""


def gaussian_estimate(
    grid: Grid,
    theory: Theory,
    ell: Float[ArrayLike, " ell"],
    noise_sigma: Float[ArrayLike, " bins"],
    prior: ProductPrior,
) -> Callable[[Array], GaussianEstimate]:
    """Return x -> the maximum of the Gaussian-field posterior of the band powers, by Fisher scoring, and its precision.

    log p(u | S) = -1/2 sum_b m_b [log det C_b(u) + tr C_b(u)^-1 S_b] - |u|^2 / 2, with S_b the measured band powers,
    m_b their number of modes and C_b spectra and noise at the mean multipole of the band; steps u += H^-1 grad with
    H_pq = 1/2 sum_b m_b tr(C^-1 d_p C C^-1 d_q C) + I, from u = 0.

    Parameters
    ----------
    grid
        The grid.
    theory
        theta -> (log C_ell, shift).
    ell
        (num_ell,) multipoles of the spectra.
    noise_sigma
        (num_bins,) standard deviation of the noise per pixel.
    prior
        Prior, for the coordinates u.

    Returns
    -------
    Callable
        Function of the (num_bins, N, N) maps.
    """
    estimator = PowerSpectrumEstimator(grid, NUM_BANDS)
    spline = scipy.interpolate.CubicSpline(np.log(ell), np.eye(len(ell)))
    matrix = spline(np.log(estimator.ell)).astype(np.float32)
    noise = np.diag(np.asarray(noise_sigma, np.float32) ** 2)
    half_modes = (estimator.num_modes / 2.0).astype(np.float32)
    i, j = pair_indices(len(noise_sigma))

    def matrices(pairs: Float[Array, "pairs bands"]) -> Float[Array, "bands bins bins"]:
        full = jnp.zeros((pairs.shape[1], len(noise), len(noise)))
        return full.at[:, i, j].set(pairs.T).at[:, j, i].set(pairs.T)

    def covariance(u: Float[Array, " p"]) -> Float[Array, "bands bins bins"]:
        log_cl, _ = theory(prior.to_constrained(u))
        return matrices(jnp.exp(log_cl @ matrix.T) / grid.pixel_area) + noise

    def fisher(relative: Float[Array, "p bands bins bins"]) -> Float[Array, "p p"]:
        return jnp.einsum("b,pbij,qbji->pq", half_modes, relative, relative) + jnp.eye(len(relative))

    def inverse_and_slopes(u: Float[Array, " p"]) -> tuple[Array, Array]:
        """Return C^-1 and C^-1 d_p C."""
        inverse = jnp.linalg.inv(covariance(u))
        return inverse, inverse @ jnp.moveaxis(jax.jacfwd(covariance)(u), -1, 0)

    def estimate(x: Float[Array, "bins n n"]) -> GaussianEstimate:
        measured = matrices(estimator(x) / grid.pixel_area)

        def step(_, u):
            inverse, relative = inverse_and_slopes(u)
            excess = inverse @ measured - jnp.eye(len(noise))
            gradient = jnp.einsum("b,pbij,bji->p", half_modes, relative, excess) - u
            move = jnp.linalg.solve(fisher(relative), gradient)
            return jnp.clip(u + jnp.clip(move, -MAX_STEP, MAX_STEP), -BOUND, BOUND)

        u = jax.lax.fori_loop(0, NUM_ITERATIONS, step, jnp.zeros(len(prior.marginals)))
        return GaussianEstimate(u, fisher(inverse_and_slopes(u)[1]))

    return estimate
