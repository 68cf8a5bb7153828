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


def compare_unpaired(kinds: Mapping[str, Float[np.ndarray, "map n n"]], expensive: np.ndarray) -> pd.DataFrame:
    """Return statistics of maps over those of expensive ones that are of other simulations.

    Parameters
    ----------
    kinds
        Maps by kind, at parameters of the same law.
    expensive
        Of the expensive simulator, shape (other, n, n); maps at one point follow one another.

    Returns
    -------
    DataFrame
        kind, statistic, k (in units of the lowest mode; NaN for those of pixels), value, error (of both samples):
        ``spectrum`` (ratio), ``mean`` (difference, in standard deviations of a pixel), ``distance`` (total variation of
        the one-point laws, which is not zero for few maps of the same law), ``skewness`` (difference). Kind ``halves``
        is one half of the expensive maps against the other: what no difference reads.
    """
    grid = Grid(expensive.shape[-1], 1.0)
    estimator = PowerSpectrumEstimator(grid, NUM_BANDS)
    edges = _edges(expensive)
    scale = float(expensive.std())

    def summarised(maps: np.ndarray) -> dict[str, np.ndarray]:
        moments = _moments(maps)
        return {
            "spectrum": band_powers(estimator, maps - maps.mean(axis=(1, 2), keepdims=True)),
            "mean": moments[:, :1],
            "distance": _shares(maps, edges),
            "skewness": moments,
        }

    statistics: dict[str, Callable[[np.ndarray, np.ndarray], Any]] = {
        "spectrum": lambda own, other: own / other,
        "mean": lambda own, other: (own - other)[0] / scale,
        "distance": lambda own, other: 0.5 * np.abs(own - other).sum(),
        "skewness": lambda own, other: _skewness(own) - _skewness(other),
    }
    tables = []
    pairs = {kind: (maps, expensive) for kind, maps in kinds.items()}
    for kind, both in {**pairs, "halves": np.array_split(expensive, 2)}.items():
        first, second = map(summarised, both)
        for statistic, own in first.items():
            value, error = _of_two(statistics[statistic], own, second[statistic])
            k = estimator.ell / grid.fundamental if np.ndim(value) else np.nan
            columns = {"k": k, "value": value, "error": error}
            tables.append(pd.DataFrame(columns, index=range(np.size(value))).assign(kind=kind, statistic=statistic))
    return pd.concat(tables, ignore_index=True)


def _of_two(statistic: Callable[[np.ndarray, np.ndarray], Any], own: np.ndarray, other: np.ndarray) -> tuple[Any, Any]:
    """Return a function of the means of two independent samples, and its standard error."""
    means = own.mean(0), other.mean(0)
    value, first = jackknife(lambda rows: statistic(own[rows].mean(0), means[1]), len(own))
    _, second = jackknife(lambda rows: statistic(means[0], other[rows].mean(0)), len(other))
    return value, np.hypot(first, second)


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
    edges = _edges(expensive)
    shares, expected = _shares(maps, edges), _shares(expensive, edges)
    moments, others = _moments(maps), _moments(expensive)
    size = len(maps)
    return {
        "mean_spectrum": jackknife(lambda rows: own[rows].mean(0) / other[rows].mean(0), size),
        "variance": jackknife(lambda rows: own[rows].var(0) / other[rows].var(0), size),
        "distance": jackknife(lambda rows: 0.5 * np.abs((shares[rows] - expected[rows]).mean(0)).sum(), size),
        "skewness": jackknife(lambda rows: _skewness(moments[rows].mean(0)) / _skewness(others[rows].mean(0)), size),
    }


def _edges(maps: np.ndarray) -> np.ndarray:
    """Return bins with as many pixels each."""
    edges = np.quantile(maps, np.linspace(0.0, 1.0, NUM_BINS + 1))
    edges[[0, -1]] = -np.inf, np.inf
    return edges


def _shares(maps: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the share of the pixels of each map in every bin."""
    return np.stack([np.histogram(one, edges)[0] / one.size for one in maps])


def _moments(maps: np.ndarray) -> np.ndarray:
    """Return the mean of the first three powers of the pixels of each map."""
    values = maps.astype(np.float64)
    return np.stack([np.mean(values**power, axis=(1, 2)) for power in (1, 2, 3)], axis=-1)


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
