"""The transfer function of two Gaussian fields is the root of the ratio of their spectra."""

import jax.numpy as jnp
import numpy as np

from fullfield.emulator import Bank
from fullfield.emulator.transfer import band_powers, fit_transfer
from fullfield.fields import Grid
from fullfield.fields.power_spectrum import PowerSpectrumEstimator

GRID = Grid(16, 1.0)
K = np.maximum(GRID.ell / GRID.fundamental, 1.0)


def fields(seed, slope, num=600):
    """Return fields with amplitude k^(slope (1 + theta / 2)), theta over [-1, 1]."""
    rng = np.random.default_rng(seed)
    theta = rng.uniform(-1.0, 1.0, (num, 1))
    modes = np.fft.rfft2(rng.normal(size=(num, 16, 16))) * K ** (slope * (1.0 + theta[:, :, None] / 2.0))
    modes[:, 0, 0] = 0.0
    return Bank(theta.astype(np.float32), np.fft.irfft2(modes).astype(np.float32))


def test_it_turns_one_spectrum_into_the_other_and_keeps_phases():
    source, target = fields(0, -1.0), fields(1, -0.6)
    transfer = fit_transfer(source, target)
    new = fields(2, -1.0, 1000)
    moved = np.asarray(transfer(jnp.asarray(new.x), jnp.asarray(new.theta)))
    estimator = PowerSpectrumEstimator(GRID, 6, has_corners=True)
    exact = np.fft.irfft2(np.fft.rfft2(new.x) * K ** (0.4 * (1.0 + new.theta[:, :, None] / 2.0)))
    ratio = band_powers(estimator, moved).mean(0) / band_powers(estimator, exact).mean(0)
    # 600 fields on either side and 2 to 80 independent modes a band.
    np.testing.assert_allclose(ratio, 1.0, atol=0.1)
    cross = band_powers(estimator, moved, new.x)
    powers = band_powers(estimator, moved) * band_powers(estimator, new.x)
    # Within a band it is not the same for all modes.
    np.testing.assert_allclose(cross / np.sqrt(powers), 1.0, atol=0.03)
    assert np.abs(moved.mean(axis=(1, 2))).max() < 1e-6
    unmoved = band_powers(estimator, new.x).mean(0) / band_powers(estimator, exact).mean(0)
    assert unmoved.min() < 0.5


def test_band_powers_sum_to_the_variance():
    x = fields(3, -1.0, 5).x
    estimator = PowerSpectrumEstimator(GRID, 6, has_corners=True)
    total = band_powers(estimator, x) @ estimator.num_modes
    np.testing.assert_allclose(total, x.var(axis=(1, 2)), rtol=1e-4)
