"""The likelihood of maps taken as a Gaussian field: no latents, one small determinant per distinct mode."""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np

from fullfield.fields.gaussian import cholesky_modes, pair_indices
from fullfield.fields.grid import Grid
from fullfield.types import Array, ArrayLike, Float


def gaussian_log_density(
    grid: Grid, x: Float[ArrayLike, "bins n n"], noise_sigma: Float[ArrayLike, " bins"]
) -> Callable[[Array], Array]:
    """Return P -> log N(x; 0, P + diag(sigma^2)) up to a constant, P_ij(k) on the distinct modes.

    -1/2 sum_k m_k [log det C(k) + tr C(k)^-1 S(k)], with C = P + diag(sigma^2), S(k) the mean of x(k) x(k)^H / N^2 over
    the m_k modes that share a distinct one; the DC mode is left out.

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
    counts, spectra = _distinct_spectra(grid, np.asarray(x, np.float64), i, j)
    noise = np.where(i == j, np.asarray(noise_sigma)[i] ** 2, 0.0)[:, None].astype(np.float32)

    def log_density(spectrum: Float[Array, "pairs distinct"]) -> Float[Array, ""]:
        factor, num_nonpositive = cholesky_modes((spectrum + noise)[:, 1:])
        size = len(factor)
        log_det = 2.0 * sum(jnp.log(factor[a][a]) for a in range(size))
        inverse = invert_factor(factor)
        # C^-1 = R^-T R^-1: entry (a, b) sums over the rows below both.
        trace = sum(
            (2.0 - float(a == b)) * spectra[pair] * sum(inverse[c][a] * inverse[c][b] for c in range(b, size))
            for pair, (a, b) in enumerate(zip(i, j, strict=True))
        )
        return jnp.where(num_nonpositive == 0, -0.5 * jnp.sum(counts * (log_det + trace)), -jnp.inf)

    return log_density


def invert_factor(factor: list[list[Array]]) -> list[list[Array]]:
    """Invert a lower-triangular factor, given entry by entry, by forward substitution."""
    inverse: list[list[Array]] = []
    for i, row in enumerate(factor):
        entries = [-sum(row[k] * inverse[k][j] for k in range(j, i)) / row[i] for j in range(i)]
        inverse.append([*entries, 1.0 / row[i]])
    return inverse


def _distinct_spectra(grid: Grid, x: np.ndarray, i: np.ndarray, j: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return m_k and S_ij(k), without the DC mode, from maps."""
    modes = np.fft.fft2(x)
    frequency = np.abs(np.fft.fftfreq(grid.num_pixels, 1.0 / grid.num_pixels)).astype(int)
    index = grid.distinct_index[frequency[:, None], frequency[None]].ravel()
    counts = np.bincount(index)
    products = (modes[i] * modes[j].conj()).real.reshape(len(i), -1) / grid.num_pixels**2
    spectra = np.stack([np.bincount(index, product) for product in products]) / counts
    return counts[1:].astype(np.float32), spectra[:, 1:].astype(np.float32)
