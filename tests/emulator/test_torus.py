"""Moves of maps on a torus."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.emulator.torus import TURNS, act, alignment, draw_moves
from fullfield.symmetries import FLIP, ROLL, ROTATE, SYMMETRIES

X = np.random.default_rng(0).normal(size=(64, 4, 4)).astype(np.float32)


def test_a_move_is_a_transposition_then_mirrors_then_a_shift():
    moves = draw_moves(np.random.default_rng(1), 64, 4, SYMMETRIES)
    for one, moved, (transposed, first, second, *shift) in zip(X, act(X, moves), moves, strict=True):
        expected = one.T if transposed else one
        expected = expected[::-1] if first else expected
        expected = expected[:, ::-1] if second else expected
        np.testing.assert_array_equal(moved, np.roll(expected, shift, (0, 1)))
    np.testing.assert_array_equal(act(jnp.asarray(X), moves), act(X, moves))
    assert len(np.unique(moves[:, :3], axis=0)) == 8


@pytest.mark.parametrize("symmetries", list(TURNS), ids=str)
def test_turns_are_those_of_the_group(symmetries):
    """Each is closed: one turn after another is a turn of the group."""
    marked = np.arange(16.0).reshape(1, 4, 4)
    images = {act(marked, np.array([[*turn, 0, 0]])).tobytes() for turn in TURNS[symmetries]}
    assert len(images) == len(TURNS[symmetries]) == {0: 1, 1: 4, 2: 8}[len(symmetries)]
    for one, other in itertools.product(TURNS[symmetries], repeat=2):
        both = act(act(marked, np.array([[*one, 0, 0]])), np.array([[*other, 0, 0]]))
        assert both.tobytes() in images
    if symmetries == (ROTATE,):
        assert {np.rot90(marked, k, (1, 2)).tobytes() for k in range(4)} == images


def test_only_the_symmetries_asked_for_move_maps():
    rng = np.random.default_rng(2)
    assert (draw_moves(rng, 100, 4, ()) == 0).all()
    assert (draw_moves(rng, 100, 4, (FLIP,))[:, 3:] == 0).all()
    shifts = draw_moves(rng, 100, 4, (ROLL,))
    assert (shifts[:, :3] == 0).all()
    assert shifts[:, 3:].max() == 3


@pytest.mark.parametrize("symmetries", [(ROLL,), SYMMETRIES], ids=str)
def test_alignment_is_the_least_over_all_moves(symmetries):
    x, y = X[:5], X[5:9]
    distances, moves = alignment(x, y, symmetries)
    turns = TURNS[tuple(name for name in symmetries if name != ROLL)]
    group = [np.array([[*turn, *shift]]) for turn in turns for shift in itertools.product(range(4), repeat=2)]
    for i, j in np.ndindex(5, 4):
        least = min(((x[i] - act(y[j : j + 1], move)[0]) ** 2).sum() for move in group)
        assert distances[i, j] == pytest.approx(least, rel=1e-4)
        assert ((x[i] - act(y[j : j + 1], moves[i, j][None])[0]) ** 2).sum() == pytest.approx(least, rel=1e-4)


def test_alignment_needs_shifts():
    with pytest.raises(ValueError, match=r"symmetries are \('flip',\); maps are aligned by shifts, and need 'roll'"):
        alignment(X, X, ("flip",))
