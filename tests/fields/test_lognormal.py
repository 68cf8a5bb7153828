"""Shifted lognormal maps: spectra, moments and bounds within Monte-Carlo errors of what was asked for."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from laws import MAX_PULL, pulls

from fullfield.fields import Grid, PowerSpectrumEstimator, gaussian_spectrum, lognormal_field
from fullfield.pairs import pair_indices

GRID = Grid(32, 10.0)
NUM_MAPS = 800
SHIFTS = {"realistic": np.array([0.03, 0.04, 0.05]), "strong": np.array([0.009, 0.011, 0.014])}
ESTIMATOR = PowerSpectrumEstimator(GRID, num_bands=8)


def power_laws():
    """Three correlated bins, C_ell^ij = sqrt(C^i C^j) r_ij with a slope of its own for each bin, as P = C / A_pix."""
    ell = np.maximum(GRID.ell_distinct, GRID.fundamental)
    amplitude = np.array([0.5e-9, 1e-9, 2e-9])[:, None] * (ell / 300) ** -np.array([0.8, 1.0, 1.2])[:, None]
    correlation = np.array([[1.0, 0.6, 0.4], [0.6, 1.0, 0.7], [0.4, 0.7, 1.0]])
    i, j = pair_indices(3)
    return np.sqrt(amplitude[i] * amplitude[j]) * correlation[i, j][:, None] / GRID.pixel_area


def correlation_function():
    """xi_ij in every pixel lag, (pairs, N, N), in double precision, DC mode left out."""
    spectrum = power_laws()
    spectrum[:, 0] = 0.0
    frequency = np.abs(np.fft.fftfreq(32, 1 / 32)).astype(int)
    return np.fft.ifft2(spectrum[:, GRID.distinct_index[frequency[:, None], frequency[None]]]).real


@functools.cache
def construct(name):
    shift = jnp.asarray(SHIFTS[name], jnp.float32)
    return jax.jit(lambda spectrum, shift: gaussian_spectrum(GRID, spectrum, shift))(
        jnp.asarray(power_laws(), jnp.float32), shift
    )


@functools.cache
def sample(name):
    """Draw maps (NUM_MAPS, 3, N, N) and measure their band powers (NUM_MAPS, pairs, bands)."""
    field = construct(name)
    z = jax.random.normal(jax.random.key(0), (NUM_MAPS, 3, 32, 32))
    maps = jax.jit(jax.vmap(lambda z: lognormal_field(GRID, field, jnp.fft.rfft2(z))))(z)
    return np.asarray(maps, np.float64), np.asarray(jax.jit(jax.vmap(ESTIMATOR))(maps))


def exact_rescaling(name):
    """e^c of each pair: 1 + xi' = e^c (1 + xi), c the mean of -ln(1 + xi / lambda_i lambda_j) over the lags."""
    i, j = pair_indices(3)
    shift = SHIFTS[name]
    return np.exp(-np.log1p(correlation_function() / (shift[i] * shift[j])[:, None, None]).mean((1, 2)))


@pytest.mark.parametrize("name", SHIFTS)
def test_mean_spectrum_is_the_input_in_every_band_and_pair(name):
    expected = np.asarray(ESTIMATOR.average(jnp.asarray(power_laws(), jnp.float32))) * GRID.pixel_area
    bands = sample(name)[1]
    assert bands.shape == (NUM_MAPS, 6, len(ESTIMATOR.ell))
    assert np.abs(pulls(bands, expected * exact_rescaling(name)[:, None])).max() < MAX_PULL
    if name == "realistic":
        assert np.abs(pulls(bands, expected)).max() < MAX_PULL
    # The law can fail: it resolves an error of a tenth.
    assert np.abs(pulls(bands, 0.9 * expected)).max() > MAX_PULL


@pytest.mark.parametrize("name", SHIFTS)
def test_construction_is_valid_and_reports_the_dropped_mean(name):
    field = construct(name)
    assert field.num_nonpositive == 0
    diagonal = np.equal(*pair_indices(3))
    # A mean over lags of float32 numbers of order 0.1.
    np.testing.assert_allclose(np.exp(field.dropped_mean), exact_rescaling(name)[diagonal], atol=1e-6)
    xi = correlation_function()[diagonal, 0, 0] / SHIFTS[name] ** 2
    np.testing.assert_allclose(np.exp(field.variance), exact_rescaling(name)[diagonal] * (1 + xi), rtol=1e-5)


@pytest.mark.parametrize("name", SHIFTS)
def test_moments_are_those_of_the_shifted_lognormal_law(name):
    maps, shift = sample(name)[0], SHIFTS[name]
    assert (maps.min((0, 2, 3)) >= -shift.astype(np.float32)).all()
    variance = shift**2 * np.expm1(np.asarray(construct(name).variance, np.float64))
    # <kappa^3> / <kappa^2>^2 = 3 / lambda + <kappa^2> / lambda^3.
    third = variance**2 * (3 / shift + variance / shift**3)
    for power, expected in ((1, np.zeros(3)), (2, variance), (3, third)):
        assert np.abs(pulls((maps**power).mean((2, 3)), expected)).max() < MAX_PULL
    # The law can fail: a Gaussian field has no third moment.
    assert np.abs(pulls((maps**3).mean((2, 3)), 0.0)).max() > MAX_PULL


def test_first_order_is_the_gaussian_field():
    """For fluctuations far below lambda the map is lambda g and P^g = P / lambda^2."""
    spectrum = jnp.asarray(1e-6 * power_laws(), jnp.float32)
    shift = jnp.asarray(SHIFTS["realistic"], jnp.float32)
    field = gaussian_spectrum(GRID, spectrum, shift)
    np.testing.assert_allclose(field.factor[0][0][1:] ** 2 * shift[0] ** 2, spectrum[0, 1:], rtol=1e-4)


def test_what_cannot_be_lognormal_is_counted():
    spectrum = jnp.zeros((1, len(GRID.ell_distinct))).at[0, 1].set(1.0) + 1e-6
    field = gaussian_spectrum(GRID, spectrum, jnp.array([1e-3]))
    assert field.num_nonpositive > 0
    assert np.isfinite(lognormal_field(GRID, field, jnp.zeros((1, 32, 17), complex))).all()
