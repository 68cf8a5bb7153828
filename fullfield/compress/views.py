"""Features of observed simulations, made once: networks without convolutions never look at the maps again."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.compress.items import map_items
from fullfield.resume import Course, Resume, run
from fullfield.types import Array, RandomKey

CHUNK = 200
"""Rows made at a time, whatever their number: one program, which the compilation cache keeps, makes all splits."""


class Source(NamedTuple):
    """Simulations by index, and what networks see of them."""

    generate: Callable[[Array, Any], tuple[Any, Array, Array]]
    """(index, data) -> (target, signal, valid), the same whenever the index is asked for; the target is u, or what the
    loss wants in its place (`losses.Batch`). Invalid simulations count for nothing."""
    data: Any
    """Pytree of arrays that `generate` needs: a key, or stored simulations."""
    observe: Callable[[RandomKey, Array], Array] | None = None
    """(key, signal) -> x: fresh noise and symmetries; None where signals are data already."""
    features: Callable[[Array], Any] | None = None
    """x -> vector, or several by name: a function without weights; None for data that are vectors."""
    channels: Callable[[Array], Array] | None = None
    """x -> what the convolutions of a network see of it; None for one without."""

    def observed(self, key: RandomKey, signal: Any) -> Any:
        """Return x of a signal."""
        return signal if self.observe is None else self.observe(key, signal)

    def view(self, index: Array, noise_key: RandomKey, row: Array) -> tuple[Any, Any, Array]:
        """Return (target, x, valid) of the view in `row`, the same whenever it is asked for."""
        target, signal, valid = self.generate(index, self.data)
        return target, self.observed(jax.random.fold_in(noise_key, row), signal), valid


class Views(NamedTuple):
    """Features of every view; view v of simulation i stands in row v * n + i, n the number of simulations."""

    u: np.ndarray
    features: Any
    """One array, or a dictionary of arrays by name of feature set."""
    valid: np.ndarray


class _Progress(NamedTuple):
    """Everything a checkpoint holds."""

    row: np.ndarray
    views: Views


def stored_views(
    key: RandomKey, source: Source, num_simulations: int, num_views: int, *, resume: Resume | None = None
) -> Views:
    """Observe every simulation `num_views` times, each with fresh noise and symmetry, and keep the features alone.

    Parameters
    ----------
    key
        A typed key; the noise of a view depends on its row alone.
    source
        Simulations and features, of which there may be a dictionary.
    num_simulations, num_views
        Distinct simulations, and observations of each.
    resume
        Where to keep the finished rows.

    Returns
    -------
    Views
        num_simulations * num_views rows; those of invalid simulations, and those whose features are not
        finite, are zero and marked.
    """

    def one(row, index, noise_key, data):
        u, x, valid = source._replace(data=data).view(index, noise_key, row)
        values = source.features(x)
        for leaf in jax.tree.leaves(values):
            valid &= jnp.isfinite(leaf).all()
        return Views(u, jax.tree.map(lambda leaf: jnp.where(valid, leaf, 0.0), values), valid)

    total = num_simulations * num_views
    # Whatever differs between splits is an argument: they share one compiled program.
    make = jax.jit(lambda rows, noise_key, data: map_items(lambda pair: one(*pair, noise_key, data), rows))

    def rows_from(start: int) -> tuple[np.ndarray, np.ndarray]:
        rows = np.minimum(start + np.arange(CHUNK, dtype=np.int32), total - 1)
        return rows, rows % np.int32(num_simulations)

    def advance(progress: _Progress) -> _Progress:
        start, stop = int(progress.row), min(int(progress.row) + CHUNK, total)
        made = make(rows_from(start), key, source.data)
        for kept, new in zip(jax.tree.leaves(progress.views), jax.tree.leaves(made), strict=True):
            kept[start:stop] = np.asarray(new)[: stop - start]
        return _Progress(np.array(stop, np.int32), progress.views)

    shapes = jax.eval_shape(make, rows_from(0), key, source.data)
    empty = jax.tree.map(lambda leaf: np.zeros((total, *leaf.shape[1:]), leaf.dtype), shapes)
    course = Course("view", total, position=lambda progress: int(progress.row))
    return run(_Progress(np.zeros((), np.int32), empty), advance, course, resume).views
