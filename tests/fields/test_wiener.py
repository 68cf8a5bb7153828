"""The Wiener filter and coordinates against dense linear algebra over all pixels."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.fields import Grid
from fullfield.fields.gaussian import cholesky_modes, gaussian_field
from fullfield.fields.lognormal import LognormalField
from fullfield.fields.wiener import filter_maps, to_latents, to_whitened, wiener_matrix, wiener_modes
from fullfield.pairs import pair_indices

GRID = Grid(4, 10.0)
SIGMA = np.array([0.7, 1.3])
SHAPE = (2, 4, 4)


def spectra():
    """Two correlated bins on the distinct modes, (pairs, distinct), float64."""
    ell = np.maximum(GRID.ell_distinct, 36.0) / 100
    i, j = pair_indices(2)
    auto = np.stack([3.0 * ell**-1.0, 1.5 * ell**-1.7])
    return np.sqrt(auto[i] * auto[j]) * np.where(i == j, 1.0, 0.6)[:, None]


def linear_law():
    """Law of maps kappa = lambda g to first order, with spectra P^g."""
    factor, _ = cholesky_modes(jnp.asarray(spectra()))
    factor = [[entry.at[0].set(0.0) for entry in row] for row in factor]
    return LognormalField(factor, jnp.ones(2), jnp.array([0.8, 1.7]), jnp.array(0), jnp.zeros(2))


def linear_response(law):
    return lambda z: law.shift[:, None, None] * gaussian_field(GRID, law.factor, jnp.fft.rfft2(z))


def dense(function):
    """Return the matrix of a linear map of fields to fields."""
    size = int(np.prod(SHAPE))
    columns = jax.vmap(lambda z: function(z.reshape(SHAPE)).ravel())(jnp.eye(size))
    return np.asarray(columns).T


def test_matrix_is_signal_over_signal_plus_noise_in_every_mode():
    matrix = wiener_matrix(spectra(), SIGMA)
    i, j = pair_indices(2)
    for k in range(1, matrix.shape[-1]):
        signal = np.zeros((2, 2))
        signal[i, j] = signal[j, i] = spectra()[:, k]
        np.testing.assert_allclose(matrix[..., k], signal @ np.linalg.inv(signal + np.diag(SIGMA**2)), rtol=1e-6)
    np.testing.assert_array_equal(matrix[..., 0], 0.0)
    assert matrix.dtype == np.float32


def test_filter_is_the_posterior_mean_over_all_pixels():
    with jax.enable_x64(True):
        factor, _ = cholesky_modes(jnp.asarray(spectra()))
        root = dense(lambda z: gaussian_field(GRID, factor, jnp.fft.rfft2(z)))
    covariance, noise = root @ root.T, np.diag(np.repeat(SIGMA**2, 16))
    x = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
    expected = covariance @ np.linalg.solve(covariance + noise, x.ravel())
    filtered = filter_maps(GRID, jnp.asarray(wiener_matrix(spectra(), SIGMA)), jnp.asarray(x))
    np.testing.assert_allclose(np.ravel(filtered), expected, atol=1e-5)


def test_a_filter_of_ones_leaves_maps_as_they_are():
    identity = jnp.broadcast_to(jnp.eye(2)[..., None], (2, 2, len(GRID.ell_distinct)))
    x = jax.random.normal(jax.random.key(0), SHAPE)
    np.testing.assert_allclose(filter_maps(GRID, identity, x), x, atol=1e-6)


@pytest.fixture
def coordinates():
    """Return (law, x, w -> (z, log_det)), in double precision."""
    with jax.enable_x64(True):
        law = linear_law()
        x = jax.random.normal(jax.random.key(1), SHAPE, jnp.float64)

        def transform(w):
            modes, log_det = to_latents(GRID, wiener_modes(law, SIGMA), x, SIGMA, jnp.fft.rfft2(w))
            return jnp.fft.irfft2(modes, s=SHAPE[1:]), log_det

        yield law, x, jax.jit(transform)


def test_whitened_latents_come_back(coordinates):
    law, x, transform = coordinates
    w = jax.random.normal(jax.random.key(2), SHAPE, jnp.float64)
    modes = jnp.fft.rfft2(transform(w)[0])
    back = jnp.fft.irfft2(to_whitened(GRID, wiener_modes(law, SIGMA), x, SIGMA, modes), s=SHAPE[1:])
    np.testing.assert_allclose(back, w, atol=1e-8)


def test_log_determinant_is_that_of_the_jacobian(coordinates):
    _, _, transform = coordinates
    w = jax.random.normal(jax.random.key(2), SHAPE, jnp.float64)
    jacobian = jax.jacfwd(lambda w: transform(w.reshape(SHAPE))[0].ravel())(w.ravel())
    sign, log_det = np.linalg.slogdet(jacobian)
    assert sign == 1.0
    assert transform(w)[1] == pytest.approx(log_det, rel=1e-8)
    assert abs(log_det) > 1.0


def test_posterior_of_a_linear_field_is_white_noise(coordinates):
    law, x, transform = coordinates
    response = linear_response(law)

    def log_posterior(w):
        z, log_det = transform(w)
        residual = (x - response(z)) / SIGMA[:, None, None]
        return -0.5 * jnp.sum(residual**2) - 0.5 * jnp.sum(z**2) + log_det

    def without_coordinates(z):
        return -0.5 * jnp.sum(((x - response(z)) / SIGMA[:, None, None]) ** 2) - 0.5 * jnp.sum(z**2)

    w = jax.random.normal(jax.random.key(3), SHAPE, jnp.float64)
    np.testing.assert_allclose(jax.grad(log_posterior)(w), -w, atol=1e-7)
    assert np.abs(jax.grad(without_coordinates)(w) + w).max() > 0.1


def test_origin_is_the_posterior_mean_and_evidence_is_exact(coordinates):
    law, x, transform = coordinates
    response = dense(linear_response(law)) / np.repeat(SIGMA, 16)[:, None]
    data = np.asarray(x).ravel() / np.repeat(SIGMA, 16)
    precision = np.eye(32) + response.T @ response
    z, log_det = transform(jnp.zeros(SHAPE, jnp.float64))
    np.testing.assert_allclose(np.ravel(z), np.linalg.solve(precision, response.T @ data), atol=1e-7)
    # log p(x) = log p(x, z(w)) + log_det - log N(w), at any w: here w = 0, constants (2 pi) left out.
    log_joint = -0.5 * np.sum((data - response @ np.ravel(z)) ** 2) - 0.5 * np.sum(np.ravel(z) ** 2)
    covariance = np.eye(32) + response @ response.T
    log_evidence = -0.5 * data @ np.linalg.solve(covariance, data) - 0.5 * np.linalg.slogdet(covariance)[1]
    assert log_joint + float(log_det) == pytest.approx(log_evidence, abs=1e-6)
