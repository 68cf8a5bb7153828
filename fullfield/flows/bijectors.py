"""The elementwise bijector of a coupling layer, and the fixed permutations between layers."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from tensorflow_probability.substrates.jax import bijectors as tfb

from fullfield.types import Array, Float

LOG_SCALE_BOUND = 3.0
"""Largest |log scale| of one layer; those of several layers add up."""


def bounded_affine(shift: Float[Array, " coordinate"], raw: Float[Array, " coordinate"]) -> Any:
    r"""Return the bijector y = t + exp(s) z with a smooth, bounded log-scale.

    .. math:: s = b \tanh(r / b), \quad b = 3

    so that all derivatives exist and no extrapolated condition can make a density collapse or overflow.

    Parameters
    ----------
    shift
        t of each coordinate.
    raw
        r, the log-scale before it is bounded; t = r = 0 gives the identity.

    Returns
    -------
    tfb.Chain
        Bijector on vectors.
    """
    log_scale = LOG_SCALE_BOUND * jnp.tanh(raw / LOG_SCALE_BOUND)
    return tfb.Chain([tfb.Shift(shift), tfb.Scale(log_scale=log_scale)])


def permutation(layer: int, num_dimensions: int) -> Any:
    """Return the fixed permutation in front of a coupling layer; it depends on the layer's index only.

    Odd layers reverse the coordinates, so that a pair of layers transforms every coordinate at least once. Even layers
    but the first put the even places before the odd ones, so that coordinates of one half meet in different halves.

    Parameters
    ----------
    layer
        Index of the coupling layer.
    num_dimensions
        Number of coordinates.

    Returns
    -------
    tfb.Permute
        Bijector on vectors.
    """
    order = np.arange(num_dimensions, dtype=np.int32)
    if layer % 2:
        order = order[::-1]
    elif layer > 0:
        order = np.concatenate([order[::2], order[1::2]])
    return tfb.Permute(order, axis=-1)
