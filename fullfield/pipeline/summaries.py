"""Compressed simulations: from the simulator, a map in memory at a time, or from a file."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from fullfield.compress.fit import Compressor
from fullfield.pipeline.source import Problem, in_chunks, require_valid
from fullfield.types import Array


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


def compress_simulations(
    problem: Problem, compressor: Compressor, split: str, num_simulations: int, chunk_size: int = 100
) -> Summaries:
    """Return compressed simulations: fresh ones from the simulator, or the share `split` of those on file.

    Raises
    ------
    ValueError
        Where more than five simulations in a thousand are invalid (non-positive modes) or not finite.
    """
    made = problem.compress(compressor.__call__, split, num_simulations, chunk_size)
    theta, u, summary = (values[made.valid] for values in made[:3])
    return Summaries(theta, u, summary, require_valid(made.valid))


def compress_features(stored: xr.Dataset, compressor: Compressor) -> Summaries:
    """Compress stored features (`stored_features.extract_features`), the first view of each simulation."""
    summary = summarise_all(compressor.with_features(None), stored["features"].values[0])
    return Summaries(stored["theta"].values, stored["u"].values, summary, stored.attrs.get("num_discarded", 0))


def summarise_all(compressor: Compressor, x: np.ndarray | Array, chunk_size: int = 100) -> np.ndarray:
    """Compress many data, a chunk in memory at a time."""
    return in_chunks(compressor.__call__, x, chunk_size)
