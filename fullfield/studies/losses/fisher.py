"""How much Fisher information at the fiducial point a summary keeps, on simulations that no training has seen."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.compress.compressor import Compressor
from fullfield.compress.imnn import summaries_and_slopes
from fullfield.compress.losses import Batch
from fullfield.metrics import information
from fullfield.metrics.information import LogDeterminant

LINEAR = "moped"
"""The best linear summary of the features, which others are compared with."""


def log_determinant(compressor: Compressor | None, stored: xr.Dataset) -> LogDeterminant:
    """Measure ln det F of a summary at the fiducial point, in units of u, with a jackknife over groups of simulations.

    Parameters
    ----------
    compressor
        Trained on these features; None for features that are the summary.
    stored
        Features at the fiducial point with their derivatives (`stored_features.extract_features`).

    Returns
    -------
    LogDeterminant
    """
    network = (lambda x: x) if compressor is None else compressor.with_features(None).__call__
    features, derivatives = (jnp.asarray(stored[name].values) for name in ("features", "derivative"))

    @jax.jit
    def differentiate(x, target):
        return summaries_and_slopes(network, Batch(target, x, jnp.ones(len(x))))

    return information.log_determinant(*map(np.asarray, differentiate(features[0], derivatives)))


class Measured(NamedTuple):
    """A summary and the simulations that it is measured on."""

    compressors: Sequence[Compressor] | None
    """One per training; None for features that are the summary."""
    stored: xr.Dataset


def fisher_table(summaries: Mapping[str, Measured], seeds: Sequence[int]) -> pd.DataFrame:
    """Return ln det F of every training of every summary, and how much it is above the linear summary of its features.

    Returns
    -------
    DataFrame
        Columns summary, seed, num_simulations, ln_det_fisher, error, less_moped, less_moped_error (NaN where MOPED of
        the same features has not been measured).
    """
    linear = summaries.get(LINEAR)
    moped = log_determinant(linear.compressors[0], linear.stored) if linear else None
    rows = []
    for name, (compressors, stored) in summaries.items():
        for place, seed in enumerate(seeds):
            measured = log_determinant(compressors[place] if compressors else None, stored)
            same = linear is not None and stored["features"].equals(linear.stored["features"])
            difference = measured.less(moped) if same else None
            rows.append(
                {
                    "summary": name,
                    "seed": seed,
                    "num_simulations": stored.sizes["simulation"],
                    "ln_det_fisher": measured.value,
                    "error": measured.error,
                    "less_moped": difference.value if difference else np.nan,
                    "less_moped_error": difference.error if difference else np.nan,
                }
            )
    return pd.DataFrame(rows)
