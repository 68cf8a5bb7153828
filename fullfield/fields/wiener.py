"""Linear (Wiener) estimates of a correlated signal in white noise, mode by mode.

To first order the lognormal map responds to its latents as x = Lambda L z + n: filter, and the coordinates in which the
latents' posterior is close to white noise whatever theta is (an exact reparametrisation of the same posterior).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.fields.gaussian import cholesky_modes, on_half_plane
from fullfield.fields.grid import Grid
from fullfield.fields.lognormal import LognormalField
from fullfield.fields.marginal import invert_factor
from fullfield.pairs import pair_indices
from fullfield.precision import full_precision
from fullfield.types import Array, ArrayLike, Complex, Float


def wiener_matrix(
    spectrum: Float[np.ndarray, "pairs distinct"], noise_sigma: Float[np.ndarray, " bins"]
) -> Float[np.ndarray, "bins bins distinct"]:
    """Return W(k) = P(k) [P(k) + N]^-1 on the distinct modes, N = diag(sigma_i^2); zero in the DC mode.

    Parameters
    ----------
    spectrum
        (num_pairs, num_distinct) signal P_ij(k) = C_ell^ij / A_pix.
    noise_sigma
        (num_bins,) standard deviation of the white noise per pixel.

    Returns
    -------
    np.ndarray
        (num_bins, num_bins, num_distinct) filter, float32; computed in float64.
    """
    num_bins = len(noise_sigma)
    i, j = pair_indices(num_bins)
    signal = np.zeros((spectrum.shape[1], num_bins, num_bins))
    signal[:, i, j] = signal[:, j, i] = np.asarray(spectrum, np.float64).T
    total = signal + np.diag(np.asarray(noise_sigma, np.float64) ** 2)
    matrix = np.swapaxes(np.linalg.solve(total, signal), 1, 2)
    matrix[0] = 0.0
    return np.moveaxis(matrix, 0, -1).astype(np.float32)


@full_precision
def filter_maps(
    grid: Grid, matrix: Float[Array, "bins bins distinct"], x: Float[Array, "bins n n"]
) -> Float[Array, "bins n n"]:
    """Apply a filter given on the distinct modes, w = irfft2(W(k) rfft2(x))."""
    filtered = jnp.einsum("ij...,j...->i...", grid.to_half_plane(grid.to_quadrant(matrix)), jnp.fft.rfft2(x))
    return jnp.fft.irfft2(filtered, s=x.shape[-2:])


def apply_symmetric(
    filters: Float[Array, "pairs n half"], modes: Complex[Array, "bins n half"]
) -> Complex[Array, "bins n half"]:
    """Multiply the bins of every mode by a symmetric matrix, given by its pairs as in `pair_indices`."""
    size = len(modes)
    entry = {pair: index for index, pair in enumerate(zip(*pair_indices(size), strict=True))}
    rows = [[filters[entry[min(i, j), max(i, j)]] for j in range(size)] for i in range(size)]
    return jnp.stack([sum(value * mode for value, mode in zip(row, modes, strict=True)) for row in rows])


class WienerModes(NamedTuple):
    """The Gaussian posterior of the latents for one theta, on the distinct modes; lower-triangular factors by entry."""

    response: list[list[Array]]
    """A = diag(lambda / sigma) L."""
    precision: list[list[Array]]
    """R, Cholesky factor of Q = I + A^T A."""
    inverse: list[list[Array]]
    """R^-1."""


def wiener_modes(field: LognormalField, noise_sigma: Float[ArrayLike, " bins"]) -> WienerModes:
    """Factorise the precision of the latents given the data, to first order in the Gaussian field.

    With E[d kappa / d g] = lambda the response of x to z is Lambda L, and the precision per mode
    Q = I + L^T Lambda^2 L / sigma^2.

    Parameters
    ----------
    field
        Law of the maps at one theta.
    noise_sigma
        (num_bins,) standard deviation of the noise per pixel.

    Returns
    -------
    WienerModes
        A and R.
    """
    size = len(field.factor)
    scale = field.shift / jnp.asarray(noise_sigma)
    response = [[scale[i] * entry for entry in row] for i, row in enumerate(field.factor)]
    precision = jnp.stack(
        [
            sum(response[i][a] * response[i][b] for i in range(b, size)) + float(a == b)
            for a, b in zip(*pair_indices(size), strict=True)
        ]
    )
    factor = cholesky_modes(precision)[0]
    return WienerModes(response, factor, invert_factor(factor))


def to_latents(
    grid: Grid,
    modes: WienerModes,
    x: Float[Array, "bins n n"],
    noise_sigma: Float[ArrayLike, " bins"],
    whitened: Complex[Array, "bins n half"],
) -> tuple[Complex[Array, "bins n half"], Float[Array, ""]]:
    """Map whitened latents to z = m + R^-T w, mode by mode, m = Q^-1 A^T x / sigma.

    Parameters
    ----------
    grid
        The grid.
    modes
        From `wiener_modes`.
    x
        (num_bins, N, N) data.
    noise_sigma
        (num_bins,) standard deviation of the noise per pixel.
    whitened
        (num_bins, N, N/2 + 1) modes of w, close to white noise under the posterior at fixed theta.

    Returns
    -------
    tuple
        Modes of z, of the same shape, and log |det dz / dw| = -sum_k log det R(k) over all N^2 modes.
    """
    size = x.shape[0]
    a, inverse = _half_planes(grid, modes.response, modes.inverse)
    # Meant to keep XLA from computing each sum anew inside every sum that uses it; the compiler for CPUs drops the
    # barriers before it fuses.
    projected = _keep(_projected(a, x, noise_sigma))
    y = _keep([whitened[i] + sum(inverse[i][j] * projected[j] for j in range(i + 1)) for i in range(size)])
    z = [sum(inverse[j][i] * y[j] for j in range(i, size)) for i in range(size)]
    log_pivots = sum(jnp.log(modes.precision[i][i]) for i in range(size))
    log_det = -grid.sum_modes(grid.to_quadrant(log_pivots))
    return jnp.stack(z), log_det


def to_whitened(
    grid: Grid,
    modes: WienerModes,
    x: Float[Array, "bins n n"],
    noise_sigma: Float[ArrayLike, " bins"],
    z: Complex[Array, "bins n half"],
) -> Complex[Array, "bins n half"]:
    """Return the modes of w = R^T (z - m), the inverse of `to_latents`; parameters are its."""
    size = x.shape[0]
    a, factor, inverse = _half_planes(grid, modes.response, modes.precision, modes.inverse)
    projected = _projected(a, x, noise_sigma)
    y = [sum(factor[j][i] * z[j] for j in range(i, size)) for i in range(size)]
    return jnp.stack([y[i] - sum(inverse[i][j] * projected[j] for j in range(i + 1)) for i in range(size)])


def _half_planes(grid: Grid, *factors: list[list[Array]]) -> list[list[list[Array]]]:
    """Return lower-triangular factors, given on the distinct modes, on the modes of `rfft2`."""
    entries = iter(on_half_plane(grid, [entry for factor in factors for row in factor for entry in row]))
    return [[[next(entries) for _ in row] for row in factor] for factor in factors]


def _projected(response: list[list[Array]], x: Array, noise_sigma: ArrayLike) -> list[Array]:
    """Return A^T x / sigma."""
    size, data = len(x), jnp.fft.rfft2(x / jnp.asarray(noise_sigma)[:, None, None])
    return [sum(response[i][j] * data[i] for i in range(j, size)) for j in range(size)]


def _keep(values: list[Array]) -> list[Array]:
    return jax.lax.optimization_barrier(values)
