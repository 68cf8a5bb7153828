"""How much Fisher information at the fiducial point a summary keeps, on simulations that no training has seen."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.compress.compressor import Compressor
from fullfield.compress.imnn import summaries_and_slopes
from fullfield.compress.losses import Batch
from fullfield.types import Float

NUM_GROUPS = 50
"""Of the jackknife."""


class LogDeterminant(NamedTuple):
    """ln det F, corrected for the bias of a finite number of simulations, and its standard error."""

    value: float
    error: float


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
        F is estimated from n simulations: of bias and error the leading order in 1 / n is measured.
    """
    network = (lambda x: x) if compressor is None else compressor.with_features(None).__call__
    features, derivatives = (jnp.asarray(stored[name].values) for name in ("features", "derivative"))

    @jax.jit
    def differentiate(x, target):
        return summaries_and_slopes(network, Batch(target, x, jnp.ones(len(x))))

    # A summary may hardly depend on a parameter: its covariance is all but singular then, in single precision.
    summaries, slopes = (np.asarray(one, np.float64) for one in differentiate(features[0], derivatives))
    groups = np.arange(len(summaries)) % NUM_GROUPS
    everything = _log_det(summaries, slopes)
    left_out = [_log_det(summaries[groups != group], slopes[groups != group]) for group in range(NUM_GROUPS)]
    bias = (NUM_GROUPS - 1) * (np.mean(left_out) - everything)
    return LogDeterminant(everything - bias, float(np.sqrt((NUM_GROUPS - 1) * np.var(left_out))))


def _log_det(summaries: Float[np.ndarray, "n s"], slopes: Float[np.ndarray, "n s p"]) -> float:
    derivative = slopes.mean(0)
    covariance = np.cov(summaries, rowvar=False).reshape(len(derivative), -1)
    return float(np.linalg.slogdet(derivative.T @ np.linalg.solve(covariance, derivative))[1])


def fisher_rows(
    summary: str, compressors: Sequence[Compressor] | None, seeds: Sequence[int], stored: xr.Dataset
) -> pd.DataFrame:
    """Return ln det F of every training of a summary: columns summary, seed, ln_det_fisher, error, num_simulations."""
    measured = [log_determinant(one, stored) for one in compressors or [None] * len(seeds)]
    labels = {"summary": summary, "num_simulations": stored.sizes["simulation"]}
    return pd.DataFrame(
        [
            labels | {"seed": seed, "ln_det_fisher": one.value, "error": one.error}
            for seed, one in zip(seeds, measured, strict=True)
        ]
    )
