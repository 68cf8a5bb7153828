"""What maps of any kind look like beside expensive ones: spectra, correlations, one-point laws, with their errors."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from fullfield.emulator.transfer import band_powers
from fullfield.fields import Grid
from fullfield.fields.power_spectrum import PowerSpectrumEstimator
from fullfield.types import Float

NUM_BANDS = 10
NUM_GROUPS = 20
"""Of maps, each left out once: errors are jackknifed."""
NUM_BINS = 50
"""Of the one-point law, as many expensive pixels in each."""


class Judged(NamedTuple):
    """Overdensities of one kind of maps, row by row beside those of the expensive simulator."""

    paired: Float[np.ndarray, "pair n n"]
    """Over the prior, with the initial conditions of the expensive ones."""
    repeats: Float[np.ndarray, "repeat n n"]
    """At one point."""


def compare_maps(kinds: Mapping[str, Judged], expensive: Judged, side: float) -> pd.DataFrame:
    """Return statistics of maps over those of the expensive simulator.

    Parameters
    ----------
    kinds
        Maps by kind.
    expensive
        Of the expensive simulator.
    side
        Of a map, Mpc/h.

    Returns
    -------
    DataFrame
        kind, statistic, k (h/Mpc; NaN for those of pixels), value, error, half_nyquist (h/Mpc): ``spectrum`` (ratio
        over the prior), ``variance`` (ratio of the variances of band powers at one point), ``correlation`` (with the
        maps of the same initial conditions), ``mean_spectrum`` (ratio at one point); of pixels at one point
        ``distance`` (total variation of the one-point laws) and ``skewness`` (ratio).
    """
    grid = Grid(expensive.paired.shape[-1], 1.0)
    estimator = PowerSpectrumEstimator(grid, NUM_BANDS)
    k = estimator.ell / grid.fundamental * 2.0 * np.pi / side
    tables = []
    for kind, maps in kinds.items():
        own = {
            **_of_pairs(estimator, maps.paired, expensive.paired),
            **_of_repeats(estimator, maps.repeats, expensive.repeats),
        }
        for statistic, (value, error) in own.items():
            columns = {"k": k if np.ndim(value) else np.nan, "value": value, "error": error}
            tables.append(pd.DataFrame(columns, index=range(np.size(value))).assign(kind=kind, statistic=statistic))
    half = np.pi * expensive.paired.shape[-1] / side / 2.0
    return pd.concat(tables, ignore_index=True).assign(half_nyquist=half)


def _of_pairs(estimator: PowerSpectrumEstimator, maps: np.ndarray, expensive: np.ndarray) -> dict:
    own, other = band_powers(estimator, maps), band_powers(estimator, expensive)
    cross = band_powers(estimator, maps, expensive)
    return {
        "spectrum": jackknife(lambda rows: own[rows].mean(0) / other[rows].mean(0), len(maps)),
        "correlation": jackknife(
            lambda rows: cross[rows].mean(0) / np.sqrt(own[rows].mean(0) * other[rows].mean(0)), len(maps)
        ),
    }


def _of_repeats(estimator: PowerSpectrumEstimator, maps: np.ndarray, expensive: np.ndarray) -> dict:
    own, other = band_powers(estimator, maps), band_powers(estimator, expensive)
    edges = np.quantile(expensive, np.linspace(0.0, 1.0, NUM_BINS + 1))
    edges[[0, -1]] = -np.inf, np.inf
    shares, expected = (
        np.stack([np.histogram(one, edges)[0] / one.size for one in values]) for values in (maps, expensive)
    )
    moments, others = (
        np.stack([np.mean(values.astype(np.float64) ** power, axis=(1, 2)) for power in (1, 2, 3)], axis=-1)
        for values in (maps, expensive)
    )
    size = len(maps)
    return {
        "mean_spectrum": jackknife(lambda rows: own[rows].mean(0) / other[rows].mean(0), size),
        "variance": jackknife(lambda rows: own[rows].var(0) / other[rows].var(0), size),
        "distance": jackknife(lambda rows: 0.5 * np.abs((shares[rows] - expected[rows]).mean(0)).sum(), size),
        "skewness": jackknife(lambda rows: _skewness(moments[rows].mean(0)) / _skewness(others[rows].mean(0)), size),
    }


def _skewness(moments: Float[np.ndarray, " 3"]) -> float:
    first, second, third = moments
    variance = second - first**2
    return float((third - 3.0 * first * second + 2.0 * first**3) / variance**1.5)


def jackknife(
    statistic: Callable[[np.ndarray], Any], num_rows: int, num_groups: int = NUM_GROUPS
) -> tuple[np.ndarray, np.ndarray]:
    """Return a statistic of all rows and its standard error, from leaving out one group of them after the other."""
    num_groups = min(num_groups, num_rows)
    group = np.arange(num_rows) * num_groups // num_rows
    values = np.stack([statistic(group != one) for one in range(num_groups)])
    error = np.sqrt((num_groups - 1) * np.mean((values - values.mean(0)) ** 2, axis=0))
    return np.asarray(statistic(np.ones(num_rows, bool))), np.asarray(error)
