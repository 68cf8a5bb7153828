"""Exact theory inside a simulator: float32 values, and derivatives through one forward-mode Jacobian."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rounding import is_product, products

from fullfield.theory.cosmology import FIDUCIAL

pytestmark = pytest.mark.slow
THETAS = np.stack([FIDUCIAL.to_array(), [0.4502, 0.0531, 0.712, 0.7304, 0.9011, -0.652]])
STEP = 1e-4


@pytest.fixture(scope="module")
def theory(exact):
    return exact.differentiable()


def test_values_are_those_of_double_precision(theory, exact):
    log_cl, log_shift = exact.evaluate(THETAS)
    single = jax.jit(lambda thetas: jax.lax.map(theory, thetas))(jnp.asarray(THETAS, jnp.float32))
    np.testing.assert_allclose(single[0], log_cl, atol=1e-5)
    np.testing.assert_allclose(np.log(single[1]), log_shift, atol=1e-5)


def test_reverse_mode_gives_the_finite_difference(theory, exact):
    theta = THETAS[0]
    weight_cl = np.random.default_rng(0).normal(size=(15, len(theory.ell)))
    weight_shift = np.random.default_rng(1).normal(size=5)

    def total(log_cl, log_shift):
        return (weight_cl * log_cl).sum() + (weight_shift * log_shift).sum()

    points = np.concatenate([theta + STEP * sign * np.eye(6) for sign in (1, -1)])
    values = [total(*one) for one in zip(*exact.evaluate(points), strict=True)]
    expected = (np.array(values[:6]) - np.array(values[6:])) / (2 * STEP)

    def function(theta):
        log_cl, shift = theory(theta)
        return jnp.sum(weight_cl * log_cl) + jnp.sum(weight_shift * jnp.log(shift))

    gradient = jax.jit(jax.grad(function))(jnp.asarray(theta, jnp.float32))
    np.testing.assert_allclose(gradient, expected, rtol=5e-3, atol=5e-3 * np.abs(expected).max())


def test_products_ask_for_full_precision(theory):
    theta = jnp.asarray(THETAS[0], jnp.float32)
    reverse = jax.jacrev(lambda theta: jnp.sum(theory(theta)[0]))
    for function in (theory, reverse):
        assert products(function, theta, chosen=is_product)
        assert products(function, theta) == []
