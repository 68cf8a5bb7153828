"""Compressed simulations: stored features of them, their maps made anew where a network looks at these, or vectors."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from fullfield.compress.compressor import Compressor
from fullfield.compress.items import map_items
from fullfield.compress.standardise import Seen
from fullfield.inference.method import Simulations
from fullfield.pipeline.source import Problem, in_chunks, require_valid
from fullfield.pipeline.stored_features import MapsOf
from fullfield.pipeline.stored_simulations import Stored, rows_of


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
    score: np.ndarray | None = None
    """(n, p) estimates of grad_u log p(x | u), where the simulator gives some."""

    def with_scores(self, problem: Problem, split: str) -> "Summaries":
        """Return these with the scores of the share `split` of simulations on file, where there are scores."""
        if not isinstance(problem, Stored) or problem.score is None:
            return self
        score = problem.score[rows_of(problem.num_stored, split)]
        if len(score) != len(self.u):
            raise ValueError(f"{len(self.u)} summaries of share {split} have {len(score)} scores; they must be as many")
        return self._replace(score=score)

    def to_dataset(self, parameter_names: tuple[str, ...]) -> xr.Dataset:
        """Return theta, u and summary as a labelled dataset."""
        dims = ("simulation", "parameter")
        variables = {"theta": (dims, self.theta), "u": (dims, self.u)}
        variables |= {} if self.score is None else {"score": (dims, self.score)}
        variables["summary"] = (("simulation", "feature"), self.summary)
        return xr.Dataset(variables, coords={"parameter": list(parameter_names)})

    @property
    def simulations(self) -> Simulations:
        """Return what an inference method learns from."""
        return Simulations(self.u, self.summary, self.score)


def compress_simulations(problem: Stored, compressor: Compressor, split: str, chunk_size: int = 100) -> Summaries:
    """Return summaries of the share `split` of simulations on file, as the vectors that they are."""
    u, x = (np.asarray(values)[rows_of(problem.num_stored, split)] for values in problem.data)
    if problem.noise_sigma is not None:
        keys = jax.vmap(lambda row: jax.random.fold_in(problem.key, row))(jnp.arange(len(u)))
        x = np.asarray(jax.jit(jax.vmap(problem.observe))(keys, jnp.asarray(x)))
    theta = np.asarray(problem.prior.to_constrained(jnp.asarray(u)))
    return Summaries(theta, u, summarise_all(compressor, x, chunk_size), 0)


def compress_features(stored: xr.Dataset, compressor: Compressor, maps: MapsOf | None = None) -> Summaries:
    """Compress stored features (`stored_features.extract_features`), the first view of each simulation.

    Parameters
    ----------
    stored
        Features of simulations.
    compressor
        Trained on features, or on features and maps.
    maps
        Where a compressor with convolutions finds the maps.

    Raises
    ------
    ValueError
        Where more than five summaries in a thousand are not finite.
    """
    summary = first_views(stored, compressor, maps)
    valid = np.isfinite(summary).all(1)
    num_discarded = stored.attrs.get("num_discarded", 0) + require_valid(valid)
    return Summaries(stored["theta"].values[valid], stored["u"].values[valid], summary[valid], num_discarded)


def first_views(stored: xr.Dataset, compressor: Compressor, maps: MapsOf | None = None) -> np.ndarray:
    """Return the summary of the first view of everything in a file of features, which may hold the maps ``x``, too."""
    compressor, vectors = compressor.with_features(None), stored["features"].values[0]
    if not compressor.has_convolutions:
        return summarise_all(compressor, vectors)
    if "x" in stored:
        return summarise_all(compressor, Seen(vectors, stored["x"].values))

    def compress(part, data):
        vectors, *place = part
        again = maps._replace(source=maps.source._replace(data=data))
        return compressor(Seen(vectors, map_items(lambda one: again.view(*one), place)))

    rows = vectors, stored["simulation_index"].values, stored["view_index"].values[0]
    # Images on file are an argument: a program must not hold them.
    return in_chunks(compress, rows, fixed=(maps.source.data,))


def summarise_all(compressor: Compressor, x: Any, chunk_size: int = 100) -> np.ndarray:
    """Compress many data, a chunk in memory at a time."""
    return in_chunks(compressor.__call__, x, chunk_size)
