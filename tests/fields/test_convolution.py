"""Convolutions on a torus, and maps in patches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.fields.convolution import by_library, by_neighbours, by_shifts, from_patches, to_patches


@pytest.mark.parametrize("convolve", [by_shifts, by_neighbours])
def test_a_convolution_on_a_cpu_is_that_of_the_library(convolve):
    x, taps = jax.random.normal(jax.random.key(0), (2, 6, 6, 3)), jax.random.normal(jax.random.key(1), (3, 3, 3, 4))
    found = jax.jit(convolve)(x, taps)
    np.testing.assert_allclose(found, jax.jit(by_library)(x, taps), atol=1e-5)
    # From the definition, at a corner.
    expected = sum(x[0, a, b] @ taps[a + 1, b + 1] for a in (-1, 0, 1) for b in (-1, 0, 1))
    np.testing.assert_allclose(found[0, 0, 0], expected, atol=1e-5)


def test_patches_are_squares_and_come_back_as_pixels():
    x = jnp.arange(2.0 * 6 * 6 * 3).reshape(2, 6, 6, 3)
    patches = to_patches(x, 2)
    assert patches.shape == (2, 3, 3, 12)
    np.testing.assert_array_equal(patches[1, 2, 0], jnp.moveaxis(x[1, 4:6, 0:2], -1, 0).ravel())
    np.testing.assert_array_equal(from_patches(patches, 2), x)
