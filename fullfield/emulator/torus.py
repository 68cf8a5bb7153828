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
    turns = np.array(TURNS[tuple(name for name in (FLIP, ROTATE) if name in symmetries)])
    shifts = rng.integers(0, side if ROLL in symmetries else 1, (num, 2))
    return np.concatenate([turns[rng.integers(0, len(turns), num)], shifts], axis=1)


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
    x: Float[np.ndarray, "batch n n"], y: Float[np.ndarray, "batch n n"]
) -> tuple[Float[np.ndarray, "batch batch"], Int[np.ndarray, "batch batch 2"]]:
    """Return the least :math:`|x_i - T y_j|^2` over all shifts T of every pair, and the shifts that give it.

    All products are one correlation by FFT for each pair.
    """
    side = x.shape[-1]
    first, second = scipy.fft.rfft2(x), scipy.fft.rfft2(y)
    products = np.empty((len(x), len(y)))
    places = np.empty((len(x), len(y)), np.int64)
    for row, one in enumerate(first):
        overlap = scipy.fft.irfft2(one * second.conj(), s=(side, side)).reshape(len(y), -1)
        places[row] = overlap.argmax(axis=1)
        products[row] = overlap[np.arange(len(y)), places[row]]
    squares = [np.sum(np.square(values, dtype=np.float64), axis=(1, 2)) for values in (x, y)]
    distances = squares[0][:, None] + squares[1] - 2.0 * products
    return distances, np.stack(np.divmod(places, side), axis=-1)
