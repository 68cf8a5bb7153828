"""The mixture of sigmoids: increasing, smooth, inverted inside its bracket, close to the identity at zero."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.flows.sigmoids import FAR, Sigmoids, SmoothMonotonic, solve

NUM_COMPONENTS = 5
Y = np.linspace(-25.0, 25.0, 101)


@pytest.fixture(autouse=True)
def _double_precision():
    with jax.enable_x64(True):
        yield


def shapes(scale, num=20):
    raw = scale * np.random.default_rng(0).normal(size=(num, 3 * NUM_COMPONENTS + 1))
    return jax.vmap(Sigmoids.of_raw)(jnp.asarray(raw))


def over_points(function):
    """Vectorise over shapes and, for each, over points."""
    return jax.jit(jax.vmap(jax.vmap(function, (None, 0)), (0, None)))


def test_slope_is_the_derivative_and_positive():
    made = shapes(2.0)
    log_slope = over_points(lambda shape, y: shape.map(y)[1])(made, Y)
    slope = over_points(lambda shape, y: jax.grad(lambda y: shape.map(y)[0])(y))(made, Y)
    np.testing.assert_allclose(np.exp(log_slope), slope, rtol=1e-8)
    assert (slope > 0).all()


def test_roots_lie_in_the_bracket_and_solve_finds_them():
    made = shapes(3.0)
    z = over_points(lambda shape, y: shape.map(y)[0])(made, Y)
    low, high = jax.jit(jax.vmap(jax.vmap(lambda shape, z: shape.bracket(z), (None, 0))))(made, z)
    assert (low <= Y + 1e-9).all()
    assert (high >= Y - 1e-9).all()
    found = jax.jit(jax.vmap(jax.vmap(solve, (None, 0))))(made, z)
    np.testing.assert_allclose(found, np.broadcast_to(Y, found.shape), atol=1e-7)


def test_beyond_its_range_the_map_goes_on_with_slope_one_both_ways():
    made = shapes(1.0, 3)
    for side in (-1.0, 1.0):
        end, beyond = side * FAR, side * (FAR + 7.0)
        at_end, after = (jax.vmap(lambda shape, y=y: shape.map(jnp.asarray(y))[0])(made) for y in (end, beyond))
        np.testing.assert_allclose(after - at_end, beyond - end)
        np.testing.assert_allclose(jax.vmap(solve)(made, after), beyond, atol=1e-6)


def test_derivatives_of_the_inverse_are_those_of_the_implicit_function_theorem():
    raw = jnp.asarray(np.random.default_rng(1).normal(size=3 * NUM_COMPONENTS + 1))

    def inverse(point):
        return SmoothMonotonic(point[1:]).forward(point[0])

    point, step = jnp.concatenate([jnp.array([0.7]), raw]), 1e-5
    for function in (inverse, lambda point: jax.grad(inverse)(point)[0]):
        gradient = jax.jit(jax.grad(function))(point)
        shifts = step * jnp.eye(point.size)
        moved = jax.jit(jax.vmap(function))
        differences = (moved(point + shifts) - moved(point - shifts)) / (2 * step)
        np.testing.assert_allclose(gradient, differences, atol=1e-6)


def test_a_fresh_map_is_close_to_the_identity():
    for num_components in (1, 5, 16):
        fresh = Sigmoids.of_raw(jnp.zeros(3 * num_components + 1))
        y = jnp.linspace(-3.0, 3.0, 61)
        assert np.abs(jax.vmap(lambda y, fresh=fresh: fresh.map(y)[0])(y) - y).max() < 0.15
