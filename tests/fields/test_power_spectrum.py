"""Band powers against an explicit sum over the modes of the full plane."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from laws import MAX_PULL, pulls

from fullfield.fields import Grid, PowerSpectrumEstimator
from fullfield.pairs import pair_indices

GRID = Grid(16, 10.0)


def full_plane_bands(num_bands):
    """Band of every mode of the full plane, -1 outside; bands without a mode are left out."""
    frequency = 36.0 * np.fft.fftfreq(16, 1 / 16)
    ell = np.hypot(frequency[:, None], frequency[None])
    band = np.digitize(ell, np.geomspace(0.999 * 36, 1.001 * 288, num_bands + 1)) - 1
    occupied = [b for b in range(num_bands) if (band == b).any()]
    return ell, [band == b for b in occupied]


@pytest.mark.parametrize("num_bands", [4, 10])
def test_band_powers_are_sums_over_the_full_plane(num_bands):
    x = np.random.default_rng(0).normal(size=(3, 16, 16)).astype(np.float32)
    estimator = PowerSpectrumEstimator(GRID, num_bands)
    modes = np.fft.fft2(x)
    i, j = pair_indices(3)
    product = (modes[i] * modes[j].conj()).real * GRID.pixel_area / 16**2
    ell, bands = full_plane_bands(num_bands)
    expected = np.stack([product[:, band].mean(1) for band in bands], axis=1)
    np.testing.assert_allclose(estimator(jnp.asarray(x)), expected, atol=1e-5 * GRID.pixel_area)
    np.testing.assert_array_equal(estimator.num_modes, [band.sum() for band in bands])
    np.testing.assert_allclose(estimator.ell, [ell[band].mean() for band in bands], rtol=1e-6)


def test_average_weights_modes_as_the_measurement_does():
    estimator = PowerSpectrumEstimator(GRID, 5)
    average = estimator.average(jnp.asarray(GRID.ell_distinct[None], jnp.float32))
    np.testing.assert_allclose(average[0], estimator.ell, rtol=1e-5)


def test_white_noise_has_a_flat_spectrum():
    sigma = np.array([0.3, 1.2], np.float32)
    x = sigma[:, None, None] * jax.random.normal(jax.random.key(0), (600, 2, 16, 16))
    estimator = PowerSpectrumEstimator(GRID, 6)
    measured = jax.vmap(estimator)(x)
    expected = np.array([sigma[0] ** 2, 0.0, sigma[1] ** 2])[:, None] * GRID.pixel_area
    assert np.abs(pulls(measured, expected)).max() < MAX_PULL
    assert np.abs(pulls(measured, 1.1 * expected)).max() > MAX_PULL
    # Half the modes of a real map are independent: n_b C_b / C is a chi-square of n_b degrees of freedom, so that
    # var C_b = 2 C^2 / n_b, known to a relative error of sqrt((2 + 12 / n_b) / 600).
    ratio = np.var(np.asarray(measured)[:, 0], axis=0) * estimator.num_modes / (2 * expected[0] ** 2)
    assert (np.abs(ratio - 1) < MAX_PULL * np.sqrt((2 + 12 / estimator.num_modes) / 600)).all()
