"""Spectral features are blind to rolls, flips and rotations, and to nothing else that matters."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.compress.features import SpectralFeatures
from fullfield.fields import Grid
from fullfield.fields.wiener import wiener_matrix

GRID = Grid(16, 10.0)
NOISE = np.array([0.5, 0.8])
NUM_BINS = len(NOISE)


@pytest.fixture(scope="module")
def matrix():
    shape = (GRID.ell_distinct / GRID.ell_distinct[1:].min()).clip(1.0) ** -2.0
    return np.asarray(wiener_matrix(np.array([2.0, 0.8, 1.5])[:, None] * shape, NOISE), np.float32)


@pytest.fixture(scope="module")
def features(matrix):
    return SpectralFeatures(GRID, matrix, num_bands=5, num_product_bands=3)


@pytest.fixture(scope="module")
def x():
    field = jax.random.normal(jax.random.key(0), (NUM_BINS, 16, 16))
    return field + 0.5 * jnp.roll(field, 1, 1) + 0.3 * field**2


MOVES = {
    "roll": lambda x: jnp.roll(x, (3, -5), (1, 2)),
    "flip": lambda x: x[:, ::-1],
    "mirror": lambda x: x[:, :, ::-1],
    "transpose": lambda x: jnp.swapaxes(x, 1, 2),
    "rotation": lambda x: jnp.rot90(x, 1, (1, 2)),
}


@pytest.mark.parametrize("name", MOVES)
def test_symmetries_change_nothing(x, features, name):
    np.testing.assert_allclose(features(MOVES[name](x)), features(x), atol=2e-4)


def test_numbers_are_finite_and_of_order_one(x, features):
    values = np.asarray(features(x))
    num_pairs = NUM_BINS * (NUM_BINS + 1) // 2
    assert values.shape == (5 * num_pairs + 3 * num_pairs * (NUM_BINS + 1),)
    assert np.isfinite(values).all()
    assert np.abs(values).max() < 20


def test_what_a_symmetry_does_not_do_is_seen(x, features):
    before = np.asarray(features(x))
    changes = {
        "one bin rolled": x.at[0].set(jnp.roll(x[0], 3, 0)),
        "sign": -x,
        "amplitude": 1.1 * x,
        "pixels shuffled": jax.random.permutation(jax.random.key(1), x, axis=1),
    }
    for name, changed in changes.items():
        assert np.abs(np.asarray(features(changed)) - before).max() > 0.02, name


def test_only_products_see_the_sign(x, features):
    num_powers = 5 * NUM_BINS * (NUM_BINS + 1) // 2
    difference = np.abs(np.asarray(features(-x) - features(x)))
    assert difference[:num_powers].max() < 2e-4
    assert difference[num_powers:].max() > 0.02
