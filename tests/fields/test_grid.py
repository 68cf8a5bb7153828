"""The quadrant, the half-plane and the cosine transform against explicit Fourier modes."""

import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.fields import Grid

SIZES = (4, 8, 32)


def frequencies(num_pixels):
    """Absolute frequency index of every mode of the full plane."""
    return np.abs(np.fft.fftfreq(num_pixels, 1 / num_pixels)).astype(int)


def full_plane(quadrant):
    index = frequencies(2 * (quadrant.shape[-1] - 1))
    return quadrant[..., index[:, None], index[None]]


def random_quadrant(num_pixels):
    return np.random.default_rng(0).normal(size=(2, num_pixels // 2 + 1, num_pixels // 2 + 1)).astype(np.float32)


@pytest.mark.parametrize("num_pixels", SIZES)
def test_multiplicities_sum_to_the_number_of_modes(num_pixels):
    grid = Grid(num_pixels, 10.0)
    size = grid.num_frequencies
    assert np.outer(grid.multiplicity, grid.multiplicity).sum() == num_pixels**2
    assert grid.sum_modes(jnp.ones((size, size))) == num_pixels**2
    counts = np.bincount(frequencies(num_pixels))
    np.testing.assert_array_equal(grid.multiplicity, counts)


@pytest.mark.parametrize("num_pixels", SIZES)
def test_half_plane_follows_the_layout_of_rfft2(num_pixels):
    quadrant = random_quadrant(num_pixels)
    half_plane = Grid(num_pixels, 10.0).to_half_plane(jnp.asarray(quadrant))
    np.testing.assert_array_equal(half_plane, full_plane(quadrant)[..., : num_pixels // 2 + 1])


@pytest.mark.parametrize("num_pixels", SIZES)
def test_distinct_modes_are_those_of_the_quadrant_up_to_a_transposition(num_pixels):
    grid = Grid(num_pixels, 10.0)
    values = jnp.arange(len(grid.ell_distinct), dtype=jnp.float32)[None]
    quadrant = np.asarray(grid.to_quadrant(values))
    np.testing.assert_array_equal(quadrant, np.swapaxes(quadrant, 1, 2))
    np.testing.assert_array_equal(grid.from_quadrant(jnp.asarray(quadrant)), values)
    assert len(np.unique(quadrant)) == values.size


@pytest.mark.parametrize("num_pixels", SIZES)
def test_multipoles_are_those_of_the_fft(num_pixels):
    grid = Grid(num_pixels, 10.0)
    frequency = 2 * np.pi * np.fft.fftfreq(num_pixels, np.deg2rad(10.0) / num_pixels)
    ell = np.hypot(frequency[:, None], frequency[None])[:, : num_pixels // 2 + 1]
    np.testing.assert_allclose(grid.ell, ell, rtol=1e-12)
    spread = grid.to_half_plane(grid.to_quadrant(jnp.asarray(grid.ell_distinct)))
    np.testing.assert_allclose(spread, ell, rtol=1e-6)


@pytest.mark.parametrize("num_pixels", SIZES)
def test_even_transform_is_a_fourier_transform(num_pixels):
    quadrant = random_quadrant(num_pixels)
    expected = np.fft.fft2(full_plane(quadrant.astype(float)))
    assert np.abs(expected.imag).max() < 1e-10 * np.abs(expected).max()
    measured = Grid(num_pixels, 10.0).even_transform(jnp.asarray(quadrant))
    size = num_pixels // 2 + 1
    # The rounding errors of N^2 float32 numbers of unit variance add up to about N eps.
    np.testing.assert_allclose(measured, expected.real[:, :size, :size], atol=20 * num_pixels * 1.2e-7)


def test_even_transform_twice_is_the_identity():
    grid = Grid(16, 10.0)
    quadrant = random_quadrant(16)
    twice = grid.even_transform(grid.even_transform(jnp.asarray(quadrant))) / 16**2
    np.testing.assert_allclose(twice, quadrant, atol=1e-5)


def test_pixel_sizes():
    grid = Grid(64, 10.0)
    assert grid.pixel_arcmin == pytest.approx(600 / 64)
    assert grid.pixel_area == pytest.approx((np.pi / 180 * 10 / 64) ** 2)
    assert grid.fundamental == pytest.approx(36.0)


def test_interpolation_reproduces_a_power_law_and_spares_the_dc_mode():
    grid = Grid(16, 10.0)
    nodes = np.geomspace(36.0 * (1 - 1e-9), 410.0, 12)
    matrix = grid.interpolation_matrix(nodes)
    assert matrix.shape == (len(grid.ell_distinct), 12)
    np.testing.assert_allclose(np.exp(matrix @ np.log(nodes**-1.3))[1:], grid.ell_distinct[1:] ** -1.3, rtol=1e-5)
    lowest = np.argmin(grid.ell_distinct[1:]) + 1
    np.testing.assert_array_equal(matrix[0], matrix[lowest])


@pytest.mark.parametrize("nodes", [np.geomspace(40.0, 500.0, 8), np.geomspace(30.0, 400.0, 8)])
def test_interpolation_refuses_to_extrapolate(nodes):
    with pytest.raises(ValueError, match=rf"{nodes[0]:.1f} <= ell <= {nodes[-1]:.1f}; this grid needs 36.0 to 407.3"):
        Grid(16, 10.0).interpolation_matrix(nodes)


def test_errors():
    with pytest.raises(ValueError, match="num_pixels is 15; an even number >= 4"):
        Grid(15, 10.0)
    with pytest.raises(ValueError, match="num_pixels is 2;"):
        Grid(2, 10.0)
    with pytest.raises(ValueError, match="field_deg is -1.0; a positive number"):
        Grid(16, -1.0)
