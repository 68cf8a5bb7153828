"""Compressed simulations: from the simulator, a map in memory at a time, or from a file."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from fullfield.compress.batching import map_items
from fullfield.compress.fit import Compressor
from fullfield.pipeline.problem import Problem, require_valid, split_stored
from fullfield.tasks.task import simulate_one
from fullfield.types import Array, RandomKey


class Summaries(NamedTuple):
    """Compressed simulations."""

    theta: np.ndarray
    """(n, p)."""
    u: np.ndarray
    """(n, p) prior-whitened parameters."""
    summary: np.ndarray
    """(n, num_summaries)."""
    num_discarded: int
    """Simulations left out because they were invalid."""

    def to_dataset(self, parameter_names: tuple[str, ...]) -> xr.Dataset:
        """Return theta, u and summary as a labelled dataset."""
        dims = ("simulation", "parameter")
        return xr.Dataset(
            {"theta": (dims, self.theta), "u": (dims, self.u), "summary": (("simulation", "feature"), self.summary)},
            coords={"parameter": list(parameter_names)},
        )


def compress_simulations(problem: Problem, compressor: Compressor, split: str, num_simulations: int) -> Summaries:
    """Return compressed simulations: fresh ones from the simulator, or the share `split` of those on file."""
    if problem.task is None:
        return stored_summaries(problem, compressor, split)
    return simulate_summaries(problem.data, problem, compressor, num_simulations)


def simulate_summaries(
    key: RandomKey, problem: Problem, compressor: Compressor, num_simulations: int, chunk_size: int = 100
) -> Summaries:
    """Simulate maps from the prior and compress each at once: no map is stored.

    Raises
    ------
    ValueError
        Where more than five simulations in a thousand are invalid (non-positive modes) or not finite.
    """
    task = problem.task

    def one_chunk(keys):
        values = map_items(lambda key: simulate_one(key, task, sites=("theta", "x")), keys)
        return values["theta"], compressor(values["x"]), values["num_invalid"]

    num_chunks = -(-num_simulations // chunk_size)
    keys = jax.vmap(lambda index: jax.random.fold_in(key, index))(jnp.arange(num_chunks * chunk_size))
    results = jax.jit(lambda keys: jax.lax.map(one_chunk, keys))(keys.reshape(num_chunks, chunk_size))
    theta, summary, num_invalid = (
        np.asarray(value).reshape(-1, *value.shape[2:])[:num_simulations] for value in results
    )
    u = np.asarray(task.prior.to_unconstrained(jnp.asarray(theta)))
    valid = (num_invalid == 0) & np.isfinite(np.concatenate([summary, theta, u], axis=1)).all(1)
    return Summaries(theta[valid], u[valid], summary[valid], require_valid(valid))


def compress_features(stored: xr.Dataset, compressor: Compressor) -> Summaries:
    """Compress stored features (`stored_features.extract_features`), the first view of each simulation."""
    summary = summarise_all(compressor.with_features(None), stored["features"].values[0])
    return Summaries(stored["theta"].values, stored["u"].values, summary, stored.attrs.get("num_discarded", 0))


def stored_summaries(problem: Problem, compressor: Compressor, split: str) -> Summaries:
    """Compress the share of stored simulations that a stage may use (`split_stored`)."""
    index = split_stored(problem.num_stored)[split]
    u, x = (np.asarray(values)[index] for values in problem.data)
    theta = np.asarray(problem.prior.to_constrained(jnp.asarray(u)))
    return Summaries(theta, u, summarise_all(compressor, x), 0)


def summarise_all(compressor: Compressor, x: np.ndarray | Array, chunk_size: int = 100) -> np.ndarray:
    """Compress many data, a chunk in memory at a time."""
    apply = jax.jit(compressor.__call__)
    return np.concatenate([np.asarray(apply(jnp.asarray(x[i : i + chunk_size]))) for i in range(0, len(x), chunk_size)])
