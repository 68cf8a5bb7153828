"""What fits into memory: a mean in chunks."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from fullfield.compress.losses import Batch
from fullfield.types import Array


def mean_in_chunks(value: Callable[[Batch], Array], batch: Batch, chunk: int) -> Array:
    r"""Return a mean over simulations with a chunk of them in memory at a time.

    .. math:: L = \sum_c n_c L_c / \sum_c n_c,

    with n_c the valid simulations of chunk c. A batch of at most `chunk` simulations is taken whole.

    Parameters
    ----------
    value
        Batch -> mean over its valid simulations.
    batch
        All simulations.
    chunk
        Simulations in a chunk.
    """
    count = len(batch.valid)
    if count <= chunk:
        return value(batch)

    def one(start):
        # The last chunk begins early, to be as long as the others; what has been seen counts for nothing.
        first = jnp.minimum(start, count - chunk)
        part = jax.tree.map(lambda leaf: jax.lax.dynamic_slice_in_dim(leaf, first, chunk), batch)
        weights = part.valid * (first + jnp.arange(chunk) >= start)
        weight = jnp.sum(weights)
        return jnp.where(weight > 0, value(part._replace(valid=weights)), 0.0) * weight, weight

    totals, weights = jax.lax.map(one, jnp.arange(0, count, chunk))
    return jnp.sum(totals) / jnp.sum(weights)
