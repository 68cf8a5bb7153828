"""The pieces of a coupling layer."""

import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.flows.bijectors import LOG_SCALE_BOUND, bounded_affine, permutation


def test_affine_is_the_identity_at_zero_and_its_slope_is_bounded():
    z = jnp.linspace(-2.0, 2.0, 5)
    np.testing.assert_allclose(bounded_affine(jnp.zeros(5), jnp.zeros(5)).forward(z), z)
    raw = jnp.array([-1e6, -1e-3, 0.0, 1e-3, 1e6])
    bijector = bounded_affine(jnp.arange(5.0), raw)
    log_scale = np.array([-LOG_SCALE_BOUND, -1e-3, 0.0, 1e-3, LOG_SCALE_BOUND])
    np.testing.assert_allclose(bijector.forward(z), np.arange(5.0) + np.exp(log_scale) * z, rtol=1e-5)
    np.testing.assert_allclose(bijector.forward_log_det_jacobian(z, 1), log_scale.sum(), atol=1e-5)


@pytest.mark.parametrize("num_dimensions", [1, 2, 3, 6, 7])
def test_permutations_are_fixed_and_a_pair_of_layers_moves_every_coordinate(num_dimensions):
    positions = jnp.arange(float(num_dimensions))
    for layer in range(0, 8, 2):
        first, second = permutation(layer, num_dimensions), permutation(layer + 1, num_dimensions)
        order = first.forward(positions)
        np.testing.assert_array_equal(order, permutation(layer, num_dimensions).forward(positions))
        np.testing.assert_array_equal(np.sort(order), positions)
        moved = set(order[num_dimensions // 2 :].tolist()) | set(second.forward(order)[num_dimensions // 2 :].tolist())
        assert moved == set(positions.tolist())
