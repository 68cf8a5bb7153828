"""Symmetries of maps on a torus: a move turns a map, mirrors it and shifts it; the best shift of one onto another."""

from collections.abc import Collection

import numpy as np
import scipy.fft

from fullfield.symmetries import FLIP, ROLL, ROTATE
from fullfield.types import Array, Float, Int

TURNS = {
    (): [(0, 0, 0)],
    (FLIP,): [(0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1)],
    (ROTATE,): [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)],
    (FLIP, ROTATE): [(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)],
}
"""Whether a map is transposed, then mirrored along either axis, by the symmetries that generate the group."""

Moves = Int[np.ndarray, "batch 5"]
"""Three entries of `TURNS` and two shifts in pixels, applied in this order."""


def draw_moves(rng: np.random.Generator, num: int, side: int, symmetries: Collection[str]) -> Moves:
    """Return random elements of the group that `symmetries` generate on maps of side pixels."""
    turns = turns_of(symmetries)
    shifts = rng.integers(0, side if ROLL in symmetries else 1, (num, 2))
    return np.concatenate([turns[rng.integers(0, len(turns), num)], shifts], axis=1)


def turns_of(symmetries: Collection[str]) -> Int[np.ndarray, "turn 3"]:
    """Return the entries of `TURNS` of the group that symmetries generate."""
    return np.array(TURNS[tuple(name for name in (FLIP, ROTATE) if name in symmetries)])


def act(x: Float[Array | np.ndarray, "batch n n"], moves: Moves | Array) -> Float[Array | np.ndarray, "batch n n"]:
    """Return maps after one move each, on the host or on a device."""
    side, moves = x.shape[-1], moves[:, :, None, None]
    transposed, *mirrored = (moves[:, place] for place in range(3))
    grids = np.arange(side)[:, None], np.arange(side)[None]
    # Where a pixel comes from: the last step is undone first.
    shifted = [(grid - moves[:, place]) % side for grid, place in zip(grids, (3, 4), strict=True)]
    first, second = (one * (side - 1 - place) + (1 - one) * place for one, place in zip(mirrored, shifted, strict=True))
    rows = transposed * second + (1 - transposed) * first
    columns = transposed * first + (1 - transposed) * second
    return x[np.arange(len(x))[:, None, None], rows, columns]


def alignment(
    x: Float[np.ndarray, "source n n"], y: Float[np.ndarray, "target n n"], symmetries: Collection[str]
) -> tuple[Float[np.ndarray, "source target"], Int[np.ndarray, "source target 5"]]:
    """Return the least :math:`|x_i - T y_j|^2` over all moves T of every pair, and the moves that give it.

    All shifts of a pair are one correlation by FFT for each turn.

    Raises
    ------
    ValueError
        Where maps may not be shifted.
    """
    if ROLL not in symmetries:
        raise ValueError(
            f"symmetries are {tuple(symmetries)}; maps are aligned by shifts, and need {ROLL!r} among them"
        )
    side, source = x.shape[-1], scipy.fft.rfft2(x)
    products = np.full((len(x), len(y)), -np.inf)
    moves = np.zeros((len(x), len(y), 5), np.int64)
    columns = np.arange(len(y))
    for turn in turns_of(symmetries):
        turned = act(y, np.tile([*turn, 0, 0], (len(y), 1)))
        target = scipy.fft.rfft2(turned).conj()
        for row, one in enumerate(source):
            overlap = scipy.fft.irfft2(one * target, s=(side, side)).reshape(len(y), -1)
            places = overlap.argmax(axis=1)
            largest = overlap[columns, places]
            better = largest > products[row]
            products[row, better] = largest[better]
            shifts = np.stack(np.divmod(places[better], side), axis=1)
            moves[row, better] = np.concatenate([np.tile(turn, (len(shifts), 1)), shifts], axis=1)
    squares = [np.sum(np.square(values, dtype=np.float64), axis=(1, 2)) for values in (x, y)]
    return squares[0][:, None] + squares[1] - 2.0 * products, moves
