"""Correlated Gaussian fields: one Cholesky factor per symmetry-distinct mode, half-plane FFTs."""

import jax.numpy as jnp

from fullfield.fields.grid import Grid
from fullfield.pairs import num_bins_of, pair_indices
from fullfield.types import Array, Complex, Float, Int


def cholesky_modes(spectrum: Float[Array, "pairs modes"]) -> tuple[list[list[Array]], Int[Array, ""]]:
    """Factorise the covariance of the bins in every mode, P = L L^T, without per-mode linear-algebra calls.

    Parameters
    ----------
    spectrum
        (num_pairs, num_modes) covariance P_ij of every mode, pairs as in `pair_indices`.

    Returns
    -------
    tuple
        ``factor[i][j]`` for j <= i, each of shape (num_modes,), and the number of modes that are not positive definite.
        In those the pivot is replaced by a tiny positive number, and what follows is meaningless, if finite at all:
        callers must treat the count as an error.
    """
    num_bins = num_bins_of(spectrum.shape[0])
    rows = dict(zip(zip(*pair_indices(num_bins), strict=True), jnp.unstack(spectrum), strict=True))
    factor: list[list[Array]] = [[] for _ in range(num_bins)]
    positive = jnp.ones(spectrum.shape[1:], bool)
    for j in range(num_bins):
        pivot = rows[j, j] - sum(factor[j][k] ** 2 for k in range(j))
        positive &= pivot > 0
        diagonal = jnp.sqrt(jnp.where(pivot > 0, pivot, 1e-20))
        factor[j].append(diagonal)
        for i in range(j + 1, num_bins):
            factor[i].append((rows[j, i] - sum(factor[i][k] * factor[j][k] for k in range(j))) / diagonal)
    return factor, jnp.sum(~positive)


def gaussian_field(
    grid: Grid, factor: list[list[Array]], noise: Complex[Array, "bins n half"]
) -> Float[Array, "bins n n"]:
    """Colour white noise, g = irfft2(L(k) noise(k)), with the DC mode left out.

    Parameters
    ----------
    grid
        The grid.
    factor
        Cholesky factor of P(k) on the distinct modes, as `cholesky_modes` gives it.
    noise
        (num_bins, N, N/2 + 1) modes of white noise of unit variance: rfft2(z), or `fields.noise.to_modes` of z.

    Returns
    -------
    Array
        (num_bins, N, N) field with spectrum P(k); zero mean in every realisation.
    """
    entries = iter(on_half_plane(grid, [entry for row in factor for entry in row]))
    modes = noise.at[:, 0, 0].set(0.0)
    coloured = jnp.stack([sum(next(entries) * modes[j] for j in range(i + 1)) for i in range(len(factor))])
    return jnp.fft.irfft2(coloured, s=(grid.num_pixels, grid.num_pixels))


def on_half_plane(grid: Grid, entries: list[Float[Array, " distinct"]]) -> list[Float[Array, "n half"]]:
    """Spread values on the distinct modes over the half-plane of `rfft2`."""
    # Unstacked, they cost one concatenation in a gradient; entries of an array would cost a padded copy each.
    return list(jnp.unstack(grid.to_half_plane(grid.to_quadrant(jnp.stack(entries)))))
