"""Augmentation draws one of the 8 symmetries of the square and a periodic roll, all equally often."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.compress import augment_maps
from fullfield.fields import Grid, PowerSpectrumEstimator

SIDE = 3
NUM_DRAWS = 3600


def images(x):
    """Return every symmetry of maps (bins, n, n) with every roll, and the number of the symmetry of each."""
    turned = [np.rot90(x, turns, (1, 2)) for turns in range(4)]
    symmetries = [*turned, *(one.swapaxes(1, 2) for one in turned)]
    rolls = [(a, b) for a in range(x.shape[1]) for b in range(x.shape[1])]
    return {
        np.roll(one, roll, (1, 2)).tobytes(): (number, *roll) for number, one in enumerate(symmetries) for roll in rolls
    }


def test_every_symmetry_and_roll_is_drawn_equally_often():
    x = np.arange(2 * SIDE**2, dtype=np.float32).reshape(2, SIDE, SIDE)
    allowed = images(x)
    assert len(allowed) == 8 * SIDE**2
    keys = jax.random.split(jax.random.key(0), NUM_DRAWS)
    drawn = np.asarray(jax.vmap(lambda key: augment_maps(key, jnp.asarray(x)))(keys))
    # Every draw is one of the images: the same for both bins, and invertible.
    found = np.array([allowed[one.tobytes()] for one in drawn])
    cells = np.ravel_multi_index(found.T, (8, SIDE, SIDE))
    counts = np.bincount(cells, minlength=8 * SIDE**2)
    expected = NUM_DRAWS / len(counts)
    chi_squared = np.sum((counts - expected) ** 2 / expected)
    degrees = len(counts) - 1
    assert abs(chi_squared - degrees) < 5 * np.sqrt(2 * degrees)


TURNS = [lambda x, turns=turns: np.rot90(x, turns, (1, 2)) for turns in range(4)]
MIRRORS = [lambda x: x, lambda x: x[:, ::-1], lambda x: x[:, :, ::-1], lambda x: x[:, ::-1, ::-1]]
ROLLS = [lambda x, shift=(a, b): np.roll(x, shift, (1, 2)) for a in range(SIDE) for b in range(SIDE)]


@pytest.mark.parametrize(("declared", "group"), [("rotate", TURNS), ("flip", MIRRORS), ("roll", ROLLS)])
def test_only_what_is_declared_is_drawn(declared, group):
    x = np.arange(2 * SIDE**2, dtype=np.float32).reshape(2, SIDE, SIDE)
    keys = jax.random.split(jax.random.key(0), 60 * len(group))
    drawn = np.asarray(jax.vmap(lambda key: augment_maps(key, jnp.asarray(x), [declared]))(keys))
    found = [one.tobytes() for one in drawn]
    counts = np.array([found.count(np.ascontiguousarray(move(x)).tobytes()) for move in group])
    assert counts.sum() == len(found)
    assert (np.abs(counts - 60) < 5 * np.sqrt(60)).all()


def test_band_powers_stay():
    grid = Grid(16, 10.0)
    estimator = PowerSpectrumEstimator(grid, 5)
    x = jax.random.normal(jax.random.key(1), (3, 16, 16))
    before = np.asarray(estimator(x))
    scale = np.sqrt(before[0] * before[0])
    for seed in range(20):
        moved = augment_maps(jax.random.key(seed), x)
        np.testing.assert_allclose(estimator(moved) / scale, before / scale, atol=1e-4)
        assert not np.array_equal(moved, x)
