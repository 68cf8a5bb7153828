"""Velocities of maps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.emulator import VelocityField

NETWORK = VelocityField(num_channels=4, num_blocks=1)
T, X, THETA = jnp.array([0.2, 0.7]), jax.random.normal(jax.random.key(0), (2, 8, 8)), jnp.array([[0.1], [-0.4]])


@pytest.fixture(scope="module")
def params():
    """Weights that are not those of the start, where the velocity is zero."""
    fresh = NETWORK.init(jax.random.key(1), T, X, THETA)
    np.testing.assert_array_equal(NETWORK.apply(fresh, T, X, THETA), 0.0)
    return jax.tree.map(lambda leaf: leaf + 0.3, fresh)


def test_a_velocity_moves_with_the_map(params):
    moved = NETWORK.apply(params, T, jnp.roll(X, (2, -4), (1, 2)), THETA)
    np.testing.assert_allclose(
        moved, jnp.roll(NETWORK.apply(params, T, X, THETA), (2, -4), (1, 2)), rtol=2e-4, atol=1e-5
    )


@pytest.mark.parametrize("change", [lambda t, theta: (t + 0.1, theta), lambda t, theta: (t, theta + 0.1)])
def test_it_depends_on_time_and_parameters_of_its_own_map(params, change):
    t, theta = change(T[:1], THETA[:1])
    both = jnp.concatenate([t, T[1:]]), X, jnp.concatenate([theta, THETA[1:]])
    before, after = NETWORK.apply(params, T, X, THETA), NETWORK.apply(params, *both)
    assert np.abs(after[0] - before[0]).max() > 1e-3
    np.testing.assert_allclose(after[1], before[1], rtol=1e-5, atol=1e-6)
