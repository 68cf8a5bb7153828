"""Draws from a density of two parameters that is known on a grid."""

from collections.abc import Sequence

import jax
import numpy as np
import scipy.special

from fullfield.types import Float, RandomKey


def cell_centres(low: float, high: float, count: int) -> Float[np.ndarray, " cell"]:
    """Return the centres of equal cells between two bounds."""
    edges = np.linspace(low, high, count + 1)
    return (edges[1:] + edges[:-1]) / 2


def sample_cells(
    key: RandomKey, centres: Sequence[np.ndarray], log_density: Float[np.ndarray, "first second"], num_draws: int
) -> Float[np.ndarray, "draw 2"]:
    """Return independent draws: a cell in proportion to its density, a uniform place within it."""
    rng = np.random.default_rng(np.asarray(jax.random.key_data(key)))
    cells = rng.choice(log_density.size, num_draws, p=scipy.special.softmax(log_density.ravel()))
    places = np.stack(np.unravel_index(cells, log_density.shape), axis=-1)
    steps = np.array([axis[1] - axis[0] for axis in centres])
    middle = np.stack([axis[own] for axis, own in zip(centres, places.T, strict=True)], axis=-1)
    return (middle + steps * (rng.random((num_draws, 2)) - 0.5)).astype(np.float32)
