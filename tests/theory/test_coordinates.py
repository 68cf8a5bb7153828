"""Draws of the prior and the bounded coordinates of the surrogate."""

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.theory import coordinates
from fullfield.theory.cosmology import PRIOR


def test_saturation_is_smooth_and_exact_inside():
    centre, half, *_ = coordinates.ranges()
    inside = centre + half * np.array([0.9, -0.9, 0.5, 0.0, -0.3, 0.99])
    warped = coordinates.warp(inside, np)
    _, _, warped_centre, warped_half = coordinates.ranges()
    np.testing.assert_allclose(coordinates.coordinates(inside, np) * warped_half + warped_centre, warped, rtol=1e-12)
    with jax.enable_x64(True):
        edge = jnp.asarray(centre + half)
        slope = jax.jacfwd(jax.jacfwd(lambda theta: coordinates.coordinates(theta, jnp)))
        below, above = (np.asarray(slope(edge + sign * 1e-7 * half)) for sign in (-1, 1))
    np.testing.assert_allclose(below, above, atol=0.2 * np.abs(below).max() + 1e-2)


def test_draws_follow_the_prior():
    theta = coordinates.draw_prior(jax.random.key(3), 20000)
    for name, column in (("n_s", 4), ("h", 3)):
        marginal = PRIOR[name]
        np.testing.assert_allclose(theta[:, column].mean(), marginal.loc, atol=5 * marginal.scale / np.sqrt(20000))
        np.testing.assert_allclose(theta[:, column].std(), marginal.scale, rtol=5 / np.sqrt(2 * 20000))
    for value, marginal in zip(theta.T, PRIOR.values(), strict=True):
        assert marginal.low <= value.min() < value.max() <= marginal.high


def test_training_points_stay_in_the_support_and_repeat():
    theta = coordinates.draw_training(jax.random.key(4), 1001)
    assert theta.shape == (1001, 6)
    np.testing.assert_array_equal(theta, coordinates.draw_training(jax.random.key(4), 1001))
    for value, marginal in zip(theta.T, PRIOR.values(), strict=True):
        assert np.abs(value - marginal.loc).max() <= coordinates.SUPPORT * marginal.scale * (1 + 1e-12)
