"""Tables outside theta, computed once for each precision that the exact theory is traced in."""

import functools
from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np

Table = TypeVar("Table")


def cached_table(function: Callable[..., Table]) -> Callable[..., Table]:
    """Cache a function that returns NumPy arrays, cast to the caller's precision.

    JAX remembers the type that a constant had in its first trace: one array must not serve two precisions.
    """

    @functools.cache
    def compute(dtype, *arguments):
        return jax.tree.map(lambda array: np.asarray(array, dtype).copy(), function(*arguments))

    @functools.wraps(function)
    def table(*arguments):
        return compute(np.dtype(jnp.result_type(float)), *arguments)

    return table
