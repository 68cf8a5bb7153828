"""Features of observed simulations, made once: networks without convolutions never look at the maps again."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fullfield import io
from fullfield.compress.batching import map_items
from fullfield.types import Array, RandomKey

logger = logging.getLogger(__name__)

Generator = Callable[[Array, Any], tuple[Any, Array, Array]]
"""(index, data) -> (target, signal, valid); the target is u, or what the loss wants in its place (`losses.Batch`)."""

CHUNK = 1000
CHECKPOINT_INTERVAL = 30.0  # seconds
LOG_INTERVAL = 10.0  # seconds


class Views(NamedTuple):
    """Features of every view; view v of simulation i stands in row v * n + i, n the number of simulations."""

    u: np.ndarray
    features: Any
    """One array, or a dictionary of arrays by name of feature set."""
    valid: np.ndarray


def stored_views(
    key: RandomKey,
    generate: Generator,
    observe: Any,
    data: Any,
    features: Callable[[Array], Any],
    num_simulations: int,
    num_views: int,
    *,
    checkpoint: str | Path | None = None,
    digest: str = "",
) -> Views:
    """Observe every simulation `num_views` times, each with fresh noise and symmetry, and keep the features alone.

    Parameters
    ----------
    key
        A typed key; the noise of a view depends on its row alone.
    generate, observe, data, features
        As in `fit_compressor`; `features` may return a dictionary of vectors.
    num_simulations, num_views
        Distinct simulations, and observations of each.
    checkpoint, digest
        Where to keep the finished rows (deleted by the caller) and what they belong to.

    Returns
    -------
    Views
        num_simulations * num_views rows; those of invalid simulations, and those whose features are not
        finite, are zero and marked.
    """

    def one(row):
        u, signal, valid = generate(row % num_simulations, data)
        values = features(observe(jax.random.fold_in(key, row), signal))
        for leaf in jax.tree.leaves(values):
            valid &= jnp.isfinite(leaf).all()
        return Views(u, jax.tree.map(lambda leaf: jnp.where(valid, leaf, 0.0), values), valid)

    total = num_simulations * num_views
    chunk = min(CHUNK, total)
    advance = jax.jit(lambda start: map_items(one, jnp.minimum(start + jnp.arange(chunk), total - 1)))
    shapes = jax.eval_shape(advance, 0)
    views = jax.tree.map(lambda leaf: np.zeros((total, *leaf.shape[1:]), leaf.dtype), shapes)
    done = np.zeros((), np.int32)
    if checkpoint is not None and (resumed := io.load_checkpoint(checkpoint, (done, views), digest)) is not None:
        done, views = jax.tree.map(np.array, resumed)
        logger.info("resuming at view %d of %d", done, total)
    started = saved = logged = time.monotonic()
    first = int(done)
    while done < total:
        stop = min(int(done) + chunk, total)
        for kept, new in zip(jax.tree.leaves(views), jax.tree.leaves(advance(int(done))), strict=True):
            kept[done:stop] = np.asarray(new)[: stop - done]
        done = np.array(stop, np.int32)
        now = time.monotonic()
        if now - logged > LOG_INTERVAL:
            logger.info("view %d/%d  about %.0f s left", stop, total, (now - started) / (stop - first) * (total - stop))
            logged = now
        if checkpoint is not None and (now - saved > CHECKPOINT_INTERVAL or stop == total):
            io.save_checkpoint(checkpoint, (done, views), digest)
            saved = now
    return views
