"""Maps one by one or side by side, as suits the device."""

from collections.abc import Callable
from typing import Any

import jax

GPU_BATCH = 32
"""Maps that a GPU works on side by side, where a function of one map takes many times its memory."""


def map_items(function: Callable[[Any], Any], items: Any, batch_size: int = GPU_BATCH) -> Any:
    """Apply a function of one item to all items along the leading axes, the results stacked.

    On a CPU maps are made faster one after another than in a batch, and in less memory; a GPU takes `batch_size` of
    them side by side.
    """
    return jax.lax.map(function, items, batch_size=None if jax.default_backend() == "cpu" else batch_size)
