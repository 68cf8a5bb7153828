"""Maps taken as a Gaussian field: their most probable parameters, and the score at a fixed point, without weights."""

import dataclasses
import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.fields import Grid, PowerSpectrumEstimator
from fullfield.pairs import pair_indices
from fullfield.precision import full_precision
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


def bands_of(grid: Grid) -> PowerSpectrumEstimator:
    """Return the estimator of the band powers that the likelihood takes."""
    return PowerSpectrumEstimator(grid, NUM_BANDS)


@dataclasses.dataclass(frozen=True, eq=False)
class GaussianField:
    r"""Likelihood of the band powers S of a Gaussian field.

    .. math:: \log p(S \mid u) = -\tfrac12 \sum_b m_b [\log \det C_b(u) + \mathrm{tr}\, C_b(u)^{-1} S_b]

    with m_b the number of modes of a band and C_b spectra and noise at its mean multipole.

    Attributes
    ----------
    grid
        The grid.
    spectra
        u -> signal power per pixel C_b^ij / A_pix in the bands of `bands_of`, (pairs, bands); u is a priori standard
        normal.
    noise_sigma
        (num_bins,) standard deviation of the noise per pixel.
    num_parameters
        Length of u.
    """

    grid: Grid
    spectra: Callable[[Array], Array]
    noise_sigma: Float[ArrayLike, " bins"]
    num_parameters: int

    def estimate(self, x: Float[Array, "bins n n"]) -> GaussianEstimate:
        r"""Return the maximum of the posterior of the maps by Fisher scoring from u = 0, and its precision.

        .. math:: u \leftarrow u + H^{-1} (s(u) - u), \quad
                  H_{pq} = \tfrac12 \sum_b m_b \mathrm{tr}(C^{-1} \partial_p C C^{-1} \partial_q C) + \delta_{pq}
        """
        measured = self._measured(x)

        def step(_, u):
            score, fisher = self._score_and_fisher(u, measured)
            move = jnp.linalg.solve(fisher + jnp.eye(len(u)), score - u)
            return jnp.clip(u + jnp.clip(move, -MAX_STEP, MAX_STEP), -BOUND, BOUND)

        u = jax.lax.fori_loop(0, NUM_ITERATIONS, step, jnp.zeros(self.num_parameters))
        return GaussianEstimate(u, self._score_and_fisher(u, measured)[1] + jnp.eye(len(u)))

    def score(self, x: Float[Array, "bins n n"], u: Float[Array, " p"]) -> Float[Array, " p"]:
        r"""Return the whitened score (F + I)^(-1/2) s of the maps at u, of zero mean where u is true.

        .. math:: s_p = \tfrac12 \sum_b m_b \mathrm{tr}[C^{-1} \partial_p C (C^{-1} S_b - I)]

        Of a Gaussian field it is the locally sufficient statistic (Alsing & Wandelt 2018, arXiv 1712.00012), of
        covariance near I along what the maps constrain and below it elsewhere; I is the precision of the prior.
        """
        score, fisher = self._score_and_fisher(u, self._measured(x))
        factor = jnp.linalg.cholesky(fisher + jnp.eye(len(u)))
        return jax.scipy.linalg.solve_triangular(factor, score, lower=True)

    @functools.cached_property
    def _estimator(self) -> PowerSpectrumEstimator:
        return bands_of(self.grid)

    @functools.cached_property
    def _half_modes(self) -> np.ndarray:
        return (self._estimator.num_modes / 2.0).astype(np.float32)

    def _measured(self, x: Array) -> Float[Array, "bands bins bins"]:
        return self._matrices(self._estimator(x) / self.grid.pixel_area)

    def _matrices(self, pairs: Float[Array, "pairs bands"]) -> Float[Array, "bands bins bins"]:
        num_bins = len(self.noise_sigma)
        i, j = pair_indices(num_bins)
        full = jnp.zeros((pairs.shape[1], num_bins, num_bins))
        return full.at[:, i, j].set(pairs.T).at[:, j, i].set(pairs.T)

    def _covariance(self, u: Float[Array, " p"]) -> Float[Array, "bands bins bins"]:
        noise = np.diag(np.asarray(self.noise_sigma, np.float32) ** 2)
        return self._matrices(self.spectra(u)) + noise

    @full_precision
    def _score_and_fisher(self, u: Array, measured: Array) -> tuple[Float[Array, " p"], Float[Array, "p p"]]:
        inverse = jnp.linalg.inv(self._covariance(u))
        relative = inverse @ jnp.moveaxis(jax.jacfwd(self._covariance)(u), -1, 0)
        excess = inverse @ measured - jnp.eye(len(self.noise_sigma))
        score = jnp.einsum("b,pbij,bji->p", self._half_modes, relative, excess)
        return score, jnp.einsum("b,pbij,qbji->pq", self._half_modes, relative, relative)
