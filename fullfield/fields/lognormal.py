"""Shifted lognormal fields with a prescribed spectrum (Xavier, Abdalla & Joachimi 2016, arXiv 1602.08503)."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from fullfield.fields.gaussian import cholesky_modes, gaussian_field
from fullfield.fields.grid import Grid
from fullfield.pairs import num_bins_of, pair_indices
from fullfield.types import Array, Complex, Float, Int


class LognormalField(NamedTuple):
    """What a set of spectra and shifts fixes about the maps before any white noise is drawn."""

    factor: list[list[Array]]
    """Cholesky factor of P^g on the distinct modes, ``factor[i][j]`` for j <= i."""
    variance: Float[Array, " bins"]
    """s^g_ii, variance of the Gaussian field: the sum of the modes drawn, divided by N^2."""
    shift: Float[Array, " bins"]
    """lambda_i."""
    num_nonpositive: Int[Array, ""]
    """Distinct modes (DC apart) and lags where the construction does not exist; must be zero."""
    dropped_mean: Float[Array, " bins"]
    """c_ii = -mean ln(1 + xi_ii / lambda_i^2): dropping the DC mode rescales the spectrum by e^c."""


def gaussian_spectrum(
    grid: Grid, spectrum: Float[Array, "pairs distinct"], shift: Float[Array, " bins"]
) -> LognormalField:
    r"""Find the Gaussian field behind a shifted lognormal one.

    xi_ij = ifft2(P_ij),  xi^g_ij = ln(1 + xi_ij / (lambda_i lambda_j)),  P^g_ij = fft2(xi^g_ij) = L L^T.

    P^g is evaluated as P / (lambda_i lambda_j) + fft2(ln(1 + y) - y), y = xi / (lambda_i lambda_j), which keeps float32
    accurate where P^g falls far below its largest value.

    Parameters
    ----------
    grid
        The grid.
    spectrum
        (num_pairs, num_distinct) target P_ij(k) = C_ell^ij / A_pix on the distinct modes; the DC entry is ignored.
    shift
        (num_bins,) lambda_i > 0.

    Returns
    -------
    LognormalField
        Cholesky factors, variances and diagnostics.
    """
    num_bins = num_bins_of(spectrum.shape[0])
    i, j = pair_indices(num_bins)
    scaled = (spectrum / (shift[i] * shift[j])[:, None]).at[:, 0].set(0.0)
    correlation = grid.even_transform(grid.to_quadrant(scaled)) / grid.num_pixels**2
    in_domain = correlation > -1.0
    safe = jnp.where(in_domain, correlation, 0.0)
    curvature = grid.even_transform(jnp.log1p(safe) - safe)
    gaussian = scaled + grid.from_quadrant(curvature)
    # ln is concave: the DC mode of P^g is negative by construction. It is left out of the field and of the count.
    dropped_mean = -gaussian[:, 0] / grid.num_pixels**2
    factor, num_nonpositive = cholesky_modes(gaussian[:, 1:])
    factor = [[jnp.pad(entry, (1, 0)) for entry in row] for row in factor]
    diagonal = i == j
    variance = grid.sum_modes(grid.to_quadrant(gaussian[diagonal].at[:, 0].set(0.0))) / grid.num_pixels**2
    return LognormalField(
        factor, variance, shift, num_nonpositive + jnp.sum(~in_domain), dropped_mean[np.flatnonzero(diagonal)]
    )


def lognormal_field(
    grid: Grid, field: LognormalField, noise: Complex[Array, "bins n half"]
) -> Float[Array, "bins n n"]:
    """Draw a map, kappa_i = lambda_i [exp(g_i - s^g_ii / 2) - 1], g = irfft2(L noise).

    Parameters
    ----------
    grid
        The grid.
    field
        From `gaussian_spectrum`.
    noise
        (num_bins, N, N/2 + 1) modes of white noise of unit variance: rfft2(z), or `fields.noise.to_modes` of z.

    Returns
    -------
    Array
        (num_bins, N, N) convergence maps, mean zero, never below -lambda_i.
    """
    g = gaussian_field(grid, field.factor, noise)
    return field.shift[:, None, None] * jnp.expm1(g - field.variance[:, None, None] / 2)
