"""Interpolated spectra against the spline itself, in double precision."""

import jax.numpy as jnp
import numpy as np
import scipy.interpolate

from fullfield.fields import interpolation

NODES = np.geomspace(30.0, 1700.0, 40)
ELL = np.geomspace(31.0, 1600.0, 500)


def log_spectra():
    """Curved spectra of three pairs, as steep and as small as those of convergence, rounded to float32."""
    x = np.log(NODES / 100.0)
    return np.stack([-18.0 - tilt * x - 0.1 * x**2 for tilt in (0.8, 1.1, 1.4)]).astype(np.float32)


def test_rounding_errors_are_those_of_the_result():
    log_cl = log_spectra()
    expected = scipy.interpolate.CubicSpline(np.log(NODES), log_cl.astype(float), axis=1)(np.log(ELL))
    matrix = interpolation.spline_matrix(NODES, ELL)
    error = np.abs(interpolation.interpolate(matrix, jnp.asarray(log_cl)) - expected)
    plain = np.abs(jnp.asarray(log_cl) @ matrix.T - expected)
    assert error.max() < 2 * np.spacing(np.abs(log_cl).max())
    assert np.sqrt(np.mean(error**2)) < 0.6 * np.sqrt(np.mean(plain**2))


def test_constants_are_kept():
    matrix = interpolation.spline_matrix(NODES, ELL)
    np.testing.assert_allclose(matrix.sum(1), 1.0, atol=1e-6)
    np.testing.assert_array_equal(interpolation.interpolate(matrix, jnp.full((2, 40), -19.5)), np.float32(-19.5))
