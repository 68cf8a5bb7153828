"""Real normals read as Fourier modes have the law of the modes of white noise, exactly."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.fields.noise import from_modes, to_modes


@pytest.mark.parametrize("size", [4, 8])
def test_map_of_the_modes_is_an_orthogonal_transform(size):
    """N(0, I) stays N(0, I): the law of the map is that of white noise."""
    with jax.enable_x64(True):
        basis = jnp.eye(size**2, dtype=jnp.float64).reshape(size**2, size, size)
        matrix = np.asarray(jnp.fft.irfft2(to_modes(basis), s=(size, size))).reshape(size**2, size**2)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(size**2), atol=1e-12)


def test_modes_are_those_of_a_real_map():
    z = jax.random.normal(jax.random.key(0), (2, 8, 8))
    modes = to_modes(z)
    np.testing.assert_allclose(jnp.fft.rfft2(jnp.fft.irfft2(modes, s=(8, 8))), modes, atol=2e-5)


def test_inverse():
    z = jax.random.normal(jax.random.key(0), (3, 2, 8, 8))
    assert from_modes(to_modes(z)).dtype == z.dtype
    np.testing.assert_allclose(from_modes(to_modes(z)), z, atol=1e-6)
    modes = jnp.fft.rfft2(z)
    np.testing.assert_allclose(to_modes(from_modes(modes)), modes, atol=2e-5)
