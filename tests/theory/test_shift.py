"""The lognormal shift: perturbation theory by brute force, the cubic, the variance on the grid."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.special

from fullfield.theory import shift
from fullfield.theory.cosmology import FIDUCIAL, to_cosmology
from fullfield.theory.matter import linear_spectrum


def test_root_satisfies_the_cubic_and_is_the_only_positive_one():
    skewness, variance = np.array([80.0, 3.0, 900.0]), np.array([1e-4, 1e-8, 1e-3])
    with jax.enable_x64(True):
        root = np.asarray(shift.solve_shift(skewness, variance))
    np.testing.assert_allclose(3.0 / root + variance / root**3, skewness, rtol=1e-12)
    for s3, s2, value in zip(skewness, variance, root, strict=True):
        roots = np.roots([s3, -3.0, 0.0, -s2])
        positive = roots.real[(np.abs(roots.imag) < 1e-8 * np.abs(roots.real)) & (roots.real > 0)]
        np.testing.assert_allclose(positive, [value], rtol=1e-8)


def test_formula_is_the_skewness_of_a_shifted_lognormal():
    # Gauss-Hermite quadrature of lambda (e^{g - s/2} - 1): moments of an exponential, exact to rounding.
    lam, s = 0.03, 0.4
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    kappa = lam * np.expm1(np.sqrt(s) * nodes - s / 2.0)
    second, third = (np.sum(weights * kappa**power) / np.sum(weights) for power in (2, 3))
    with jax.enable_x64(True):
        np.testing.assert_allclose(
            shift.solve_shift(np.array([third / second**2]), np.array([second])), lam, rtol=1e-10
        )


def test_disc_variance_and_its_slope():
    radius = np.array([0.3, 2.0, 12.0])
    with jax.enable_x64(True):
        k = np.geomspace(1e-5, 3e3, 60001)

        @jax.jit
        def measured(theta):
            cosmo = to_cosmology(theta)
            return *shift.disc_variance(cosmo, jnp.asarray(radius)), linear_spectrum(cosmo, k)

        variance, slope, power = map(np.asarray, measured(FIDUCIAL.to_array()))

    def brute_force(r):
        return np.trapezoid(k**2 * power * (2 * scipy.special.j1(k * r) / (k * r)) ** 2, np.log(k)) / (2 * np.pi)

    expected = np.array([brute_force(r) for r in radius])
    # The rule in x = kR ends at x = 100, beyond which the integrand holds less than 1e-4 of the integral.
    np.testing.assert_allclose(variance, expected, rtol=2e-4)
    difference = [np.log(brute_force(1.01 * r) / brute_force(r / 1.01)) / (2 * np.log(1.01)) for r in radius]
    np.testing.assert_allclose(slope, difference, rtol=2e-3)
    assert np.all(slope < 0)


def _projected_skewness(indices: np.ndarray) -> np.ndarray:
    """S3 of 2-d fields with P ~ k^index in a disc, at tree level, by direct integration over two wave vectors."""
    k = np.geomspace(1e-4, 60.0, 500)
    angle, angle_weight = np.polynomial.legendre.leggauss(400)
    angle, angle_weight = np.pi * (angle + 1.0) / 2.0, angle_weight / 2.0
    window = lambda x: 2.0 * scipy.special.j1(x) / x  # noqa: E731
    power = np.gradient(np.log(k)) * k ** (indices[:, None] + 2.0) * np.exp(-((k / 25.0) ** 2))
    cosine, measure, total = np.cos(angle), power * window(k), 0.0
    # The integrand is symmetric in the two wave vectors: the second is at most as long as the first.
    for last, first in enumerate(k):
        second = k[: last + 1, None]
        ratio = second / first
        side = np.sqrt(np.maximum(first**2 + second**2 + 2 * first * second * cosine, 1e-16))
        kernel = 5.0 / 7.0 + cosine / 2.0 * (ratio + 1.0 / ratio) + 2.0 / 7.0 * cosine**2
        over_angles = (kernel * window(side)) @ angle_weight
        twice = np.where(np.arange(last + 1) < last, 2.0, 1.0)
        total += measure[:, last] * (measure[:, : last + 1] @ (twice * over_angles))
    return 6.0 * total / (power @ window(k) ** 2) ** 2


def test_skewness_of_cylinders_from_the_second_order_kernel():
    indices = np.array([-1.5, -1.0])
    # dln s2 / dln R = -(n + 2). Cutting the integrals at k R = 25 and summing over angles cost about 1 %.
    np.testing.assert_allclose(_projected_skewness(indices), 36.0 / 7.0 - 1.5 * (indices + 2.0), rtol=0.02)


@pytest.mark.parametrize("num_pixels", [8, 64])
def test_grid_modes_are_those_of_the_fourier_transform(num_pixels):
    modes, count = shift.grid_modes(10.0, num_pixels)
    assert count.sum() == num_pixels**2 - 1
    np.testing.assert_allclose(modes[[0, -1]], [36.0, 36.0 * num_pixels / np.sqrt(2.0)])


def test_grid_variance_of_a_power_law_is_its_sum():
    ell = np.geomspace(30.0, 2000.0, 40)
    frequency = 36.0 * np.fft.fftfreq(64, 1 / 64)
    norm = np.hypot(frequency[:, None], frequency[None]).ravel()[1:]
    with jax.enable_x64(True):
        variance = shift.grid_variance_operator(ell, 10.0, 64)(jnp.asarray(np.log(1e-9) - 1.2 * np.log(ell))[None])
    np.testing.assert_allclose(variance, np.sum(1e-9 * norm**-1.2) / np.deg2rad(10.0) ** 2, rtol=1e-10)


def test_multipoles_that_miss_the_grid_are_refused():
    with pytest.raises(
        ValueError, match=r"ell runs from 50.0 to 2000.0; a grid of 64 pixels on 10.0 deg needs 36.0 to"
    ):
        shift.grid_variance_operator(np.geomspace(50.0, 2000.0, 40), 10.0, 64)


def test_shift_grows_with_redshift_and_is_near_the_published_sketch(exact):
    value = np.exp(exact.evaluate(FIDUCIAL.to_array()[None])[1][0])
    assert np.all(np.diff(value) > 0)
    assert 0.004 < value[0] < 0.006


@pytest.mark.slow
def test_derivatives_of_spectra_and_shift_are_finite_differences(exact):
    theta, step = FIDUCIAL.to_array(), 1e-4
    with jax.enable_x64(True):
        jacobian = jax.tree.map(np.asarray, jax.jit(jax.jacfwd(exact))(jnp.asarray(theta)))
    upper, lower = exact.evaluate(theta + step * np.eye(6)), exact.evaluate(theta - step * np.eye(6))
    for derivative, high, low in zip(jacobian, upper, lower, strict=True):
        difference = np.moveaxis((high - low) / (2 * step), 0, -1)
        # The growth table of jax-cosmo is interpolated linearly: derivatives agree to truncation, step^2, all the same.
        np.testing.assert_allclose(derivative, difference, rtol=1e-3, atol=1e-4)
