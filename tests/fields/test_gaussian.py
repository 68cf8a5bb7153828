"""Factors mode by mode against LAPACK, and colouring against an explicit product in Fourier space."""

import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.fields import Grid
from fullfield.fields.gaussian import cholesky_modes, gaussian_field
from fullfield.pairs import pair_indices


def random_covariances(num_bins, num_modes, seed=0):
    """Random positive-definite matrices, (num_modes, num_bins, num_bins)."""
    root = np.random.default_rng(seed).normal(size=(num_modes, num_bins, num_bins))
    return root @ np.swapaxes(root, 1, 2) + 0.5 * np.eye(num_bins)


def as_pairs(covariances):
    i, j = pair_indices(covariances.shape[-1])
    return jnp.asarray(covariances[:, i, j].T, jnp.float32)


@pytest.mark.parametrize("num_bins", [1, 2, 5])
def test_factor_is_that_of_numpy(num_bins):
    covariances = random_covariances(num_bins, 40)
    factor, num_nonpositive = cholesky_modes(as_pairs(covariances))
    assert num_nonpositive == 0
    expected = np.linalg.cholesky(covariances)
    for i, row in enumerate(factor):
        assert len(row) == i + 1
        for j, entry in enumerate(row):
            np.testing.assert_allclose(entry, expected[:, i, j], atol=2e-5)


def test_modes_that_are_not_positive_definite_are_counted_and_stay_finite():
    covariances = random_covariances(3, 10)
    for mode in (2, 7):
        covariances[mode] -= 1.1 * np.linalg.eigvalsh(covariances[mode])[0] * np.eye(3)
    covariances[5] = 0.0
    factor, num_nonpositive = cholesky_modes(as_pairs(covariances))
    assert num_nonpositive == 3
    assert all(np.isfinite(entry).all() for row in factor for entry in row)


def test_field_is_the_product_in_fourier_space():
    grid = Grid(8, 10.0)
    covariances = random_covariances(3, len(grid.ell_distinct))
    z = np.random.default_rng(1).normal(size=(3, 8, 8)).astype(np.float32)
    field = gaussian_field(grid, cholesky_modes(as_pairs(covariances))[0], jnp.fft.rfft2(z))
    lower = np.linalg.cholesky(covariances)[grid.distinct_index]
    frequency = np.abs(np.fft.fftfreq(8, 1 / 8)).astype(int)
    modes = np.einsum("yxij,jyx->iyx", lower[frequency[:, None], frequency[None]], np.fft.fft2(z))
    modes[:, 0, 0] = 0.0
    expected = np.fft.ifft2(modes)
    assert np.abs(expected.imag).max() < 1e-12
    np.testing.assert_allclose(field, expected.real, atol=1e-5)
    np.testing.assert_allclose(field.mean((1, 2)), 0.0, atol=1e-6)
