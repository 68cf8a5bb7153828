"""The likelihood of maps taken as a Gaussian field: no latents, one small determinant per distinct mode."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.fields.gaussian import cholesky_modes
from fullfield.fields.grid import Grid
from fullfield.pairs import pair_indices
from fullfield.types import Array, ArrayLike, Float


def gaussian_log_density(
    grid: Grid, x: Float[ArrayLike, "bins n n"], noise_sigma: Float[ArrayLike, " bins"]
) -> Callable[[Array], Array]:
    """Return P -> log N(x; 0, P + N) up to a constant, P_ij(k) on the distinct modes, N = diag(sigma^2).

    -1/2 sum_k m_k [log det C(k) - log det N + tr C(k)^-1 S(k) - n], with C = P + N and S(k) the mean of
    x(k) x(k)^H / N^2 over the m_k modes that share a distinct one, n bins; the DC mode is left out. The constants keep
    the terms, and the rounding errors of their sum, small.

    Parameters
    ----------
    grid
        The grid.
    x
        (num_bins, N, N) maps; only their spectra S are kept.
    noise_sigma
        (num_bins,) standard deviation of the noise per pixel.

    Returns
    -------
    Callable
        Function of the (num_pairs, num_distinct) signal spectrum, in nats.
    """
    i, j = pair_indices(len(noise_sigma))
    counts = np.bincount(_distinct_of_modes(grid))[1:].astype(np.float32)
    spectra = distinct_spectra(grid, jnp.asarray(x))
    noise = np.where(i == j, np.asarray(noise_sigma)[i] ** 2, 0.0)[:, None].astype(np.float32)
    log_det_noise = np.float32(2.0 * np.sum(np.log(noise_sigma)))

    def log_density(spectrum: Float[Array, "pairs distinct"]) -> Float[Array, ""]:
        factor, num_nonpositive = cholesky_modes((spectrum + noise)[:, 1:])
        size = len(factor)
        log_det = 2.0 * sum(jnp.log(factor[a][a]) for a in range(size))
        inverse = _inverse_pairs(factor)
        trace = sum(
            (2.0 - float(a == b)) * spectra[pair] * inverse[pair] for pair, (a, b) in enumerate(zip(i, j, strict=True))
        )
        excess = (log_det - log_det_noise) + (trace - size)
        return jnp.where(num_nonpositive == 0, -0.5 * jnp.sum(counts * excess), -jnp.inf)

    return log_density


def inverse_covariance(
    spectrum: Float[Array, "pairs distinct"], noise_sigma: Float[ArrayLike, " bins"]
) -> Float[Array, "pairs distinct"]:
    """Return the entries of [P(k) + N]^-1, N = diag(sigma_i^2), on the distinct modes, pairs as in `pair_indices`."""
    i, j = pair_indices(len(noise_sigma))
    noise = np.where(i == j, np.asarray(noise_sigma)[i] ** 2, 0.0)[:, None].astype(np.float32)
    return jnp.stack(_inverse_pairs(cholesky_modes(spectrum + noise)[0]))


def _inverse_pairs(factor: list[list[Array]]) -> list[Array]:
    """Return the entries of C^-1 = R^-T R^-1: (a, b) sums over the rows below both."""
    inverse, size = invert_factor(factor), len(factor)
    return [
        sum(inverse[c][a] * inverse[c][b] for c in range(b, size)) for a, b in zip(*pair_indices(size), strict=True)
    ]


def invert_factor(factor: list[list[Array]]) -> list[list[Array]]:
    """Invert a lower-triangular factor, given entry by entry, by forward substitution."""
    inverse: list[list[Array]] = []
    for i, row in enumerate(factor):
        entries = [-sum(row[k] * inverse[k][j] for k in range(j, i)) / row[i] for j in range(i)]
        inverse.append([*entries, 1.0 / row[i]])
    return inverse


def _distinct_of_modes(grid: Grid) -> np.ndarray:
    """Return the index of the distinct mode of each of the N^2 modes of `fft2`, (N^2,)."""
    frequency = np.abs(np.fft.fftfreq(grid.num_pixels, 1.0 / grid.num_pixels)).astype(int)
    return grid.distinct_index[frequency[:, None], frequency[None]].ravel()


def distinct_spectra(grid: Grid, x: Float[Array, "bins n n"]) -> Float[Array, "pairs distinct"]:
    """Return S_ij(k), mean of Re x_i(k) x_j(k)^* / N^2 over modes that share a distinct one, without the DC mode."""
    index = _distinct_of_modes(grid)
    i, j = pair_indices(len(x))
    modes = jnp.fft.fft2(x)
    products = (modes[i] * modes[j].conj()).real.reshape(len(i), -1) / grid.num_pixels**2
    sums = jax.ops.segment_sum(products.T, index, num_segments=len(grid.distinct[0])).T
    return (sums / np.bincount(index))[:, 1:].astype(jnp.float32)
