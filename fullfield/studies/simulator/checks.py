"""Simulated maps against the theory: spectra, one-point law, moments and scores."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import ndtr

from fullfield.compilation import jit_once
from fullfield.fields import LognormalField, PowerSpectrumEstimator
from fullfield.keys import stage_key
from fullfield.pairs import pair_indices
from fullfield.pipeline.problem import Lensing
from fullfield.tasks.lensing import field_law, spectrum_on_grid
from fullfield.tasks.task import joint_score, simulate_one
from fullfield.types import Array, RandomKey

NUM_BANDS = 10
NUM_EDGES = 81
HISTOGRAM_RANGE = 8.0
"""Histograms reach from below -lambda to so many standard deviations."""
POINTS = {
    "fiducial": None,
    "much matter, little structure": (0.5, 0.0492, 0.6, 0.6727, 0.9645, -0.6),
    "little matter, much structure": (0.12, 0.0492, 1.05, 0.6727, 0.9645, -1.6),
}
"""Where the simulator is checked: the fiducial point and two far points of the prior."""


class Histogram(NamedTuple):
    """One-point law of the noiseless maps of one point of `POINTS`."""

    edges: np.ndarray
    """(bin, edge)."""
    density: np.ndarray
    """(bin, edge - 1), measured."""
    error: np.ndarray
    """(bin, edge - 1), its Monte-Carlo error, from the scatter between maps."""
    expected: np.ndarray
    """(bin, edge - 1), of the shifted lognormal law."""
    bound: np.ndarray
    """(bin,) -lambda, below which the law has no mass."""


class _Moments(NamedTuple):
    """Averages over one map, and the score; the leading axis is the simulation."""

    powers: Array
    mean: Array
    square: Array
    cube: Array
    minimum: Array
    score: Array
    counts: Array


def check_simulator(setup: Lensing, num_simulations: int, seed: int) -> tuple[pd.DataFrame, dict[str, Histogram]]:
    """Simulate many maps at every point of `POINTS` and compare them with what the theory predicts.

    Parameters
    ----------
    setup
        The lensing task.
    num_simulations
        Maps per point.
    seed
        Integer seed.

    Returns
    -------
    tuple
        Table (point, quantity, label, ell, measured, expected, error, pull), error the Monte-Carlo error of the mean,
        pull = (measured - expected) / error; and histograms by point. Quantities: ``spectrum`` of every pair and band
        (steradian, noiseless maps; the factor e^c of the mean that the construction drops, below 2e-4, is
        neglected), ``mean``, ``variance`` and ``skewness`` S3 of every bin, ``minimum`` (expected:
        -lambda, a bound, without error or pull), and ``score`` of every parameter, whose mean is zero.

    Raises
    ------
    ValueError
        Where the field does not exist at a point, or a simulation is not finite.
    """
    tables, histograms = [], {}
    for name, point in POINTS.items():
        theta = jnp.asarray(setup.task.fiducial if point is None else point, jnp.float32)
        ell = np.asarray(setup.theory.ell)
        law = jit_once(field_law(setup.grid, setup.theory, ell))(theta)
        if int(law.num_nonpositive):
            raise ValueError(f"the field does not exist at {name}: {int(law.num_nonpositive)} non-positive modes")
        edges = _edges(law)
        moments = _simulate(stage_key(seed, "check_simulator", name), setup, theta, edges, num_simulations)
        if not all(np.isfinite(values).all() for values in moments):
            raise ValueError(f"simulations at {name} are not finite")
        spectrum = spectrum_on_grid(setup.grid, setup.theory, ell)(theta) * setup.grid.pixel_area
        rows = pd.DataFrame(_rows(setup, law, moments, np.asarray(spectrum)))
        tables.append(rows.assign(pull=(rows["measured"] - rows["expected"]) / rows["error"]))
        tables[-1].insert(0, "point", name)
        histograms[name] = _histogram(law, edges, moments.counts, setup.grid.num_pixels)
    return pd.concat(tables, ignore_index=True), histograms


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Return, for every point and quantity, the number of comparisons, the largest |pull| and their mean square.

    The minimum has no error; its `largest_pull` is the largest ratio to the bound.
    """
    pull = table["pull"].where(table["quantity"] != "minimum", table["measured"] / table["expected"]).abs()
    groups = table.assign(pull=pull, square=table["pull"] ** 2).groupby(["point", "quantity"], sort=False)
    return groups.agg(
        num_comparisons=("pull", "size"), largest_pull=("pull", "max"), mean_square_pull=("square", "mean")
    ).reset_index()


def to_dataset(histograms: Mapping[str, Histogram]) -> xr.Dataset:
    """Return the histograms of all points as one labelled dataset."""
    cell = ("point", "bin", "cell")
    dims = {"edges": ("point", "bin", "edge"), "density": cell, "error": cell, "expected": cell, "bound": cell[:2]}
    stacked = {name: (dims[name], np.stack([getattr(one, name) for one in histograms.values()])) for name in dims}
    return xr.Dataset(stacked, coords={"point": list(histograms)})


def _simulate(key: RandomKey, setup: Lensing, theta: Array, edges: np.ndarray, num_simulations: int) -> _Moments:
    """Keep what is needed of every map; no map is stored."""
    estimator = PowerSpectrumEstimator(setup.grid, NUM_BANDS)

    def one(index):
        values = simulate_one(jax.random.fold_in(key, index), setup.task, theta, sites=("z", "kappa", "x"))
        kappa = values["kappa"]
        counts = jax.vmap(lambda one, edge: jnp.histogram(one.ravel(), edge)[0])(kappa, jnp.asarray(edges))
        score = joint_score(setup.task, theta, values["z"], values["x"])
        axes = (1, 2)
        powers = estimator(kappa)
        return _Moments(
            powers, kappa.mean(axes), (kappa**2).mean(axes), (kappa**3).mean(axes), kappa.min(axes), score, counts
        )

    moments = jax.jit(lambda index: jax.lax.map(one, index))(jnp.arange(num_simulations))
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), moments)


def _rows(setup: Lensing, law: LognormalField, moments: _Moments, spectrum: np.ndarray) -> Iterator[dict]:
    """Yield measured and expected values with Monte-Carlo errors."""
    shift, variance = np.asarray(law.shift, np.float64), np.asarray(law.variance, np.float64)
    grow = np.exp(variance)  # <kappa^2> = lambda^2 (e^s - 1), S3 = (e^s + 2) / lambda
    estimator = PowerSpectrumEstimator(setup.grid, NUM_BANDS)
    expected = np.asarray(estimator.average(jnp.asarray(spectrum)), np.float64)
    first, second = pair_indices(len(shift))
    for pair, (i, j) in enumerate(zip(first, second, strict=True)):
        for band, ell in enumerate(estimator.ell):
            yield _row("spectrum", f"{i + 1} x {j + 1}", moments.powers[:, pair, band], expected[pair, band], ell)
    for index in range(len(shift)):
        label = str(index + 1)
        square, cube = moments.square[:, index], moments.cube[:, index]
        yield _row("mean", label, moments.mean[:, index], 0.0)
        yield _row("variance", label, square, shift[index] ** 2 * (grow[index] - 1.0))
        # The error of <k^3> / <k^2>^2 to first order in both averages.
        skewness = cube.mean() / square.mean() ** 2
        per_map = skewness * (2.0 + cube / cube.mean() - 2.0 * square / square.mean())
        yield _row("skewness", label, per_map, (grow[index] + 2.0) / shift[index])
        yield {
            "quantity": "minimum",
            "label": label,
            "ell": np.nan,
            "measured": moments.minimum[:, index].min(),
            "expected": -shift[index],
            "error": np.nan,
        }
    for index, name in enumerate(setup.task.parameter_names):
        yield _row("score", name, moments.score[:, index], 0.0)


def _row(quantity: str, label: str, values: np.ndarray, expected: float | np.floating, ell: float = np.nan) -> dict:
    error = values.std(ddof=1) / np.sqrt(len(values))
    return {
        "quantity": quantity,
        "label": label,
        "ell": ell,
        "measured": values.mean(),
        "expected": float(expected),
        "error": error,
    }


def _edges(law: LognormalField) -> np.ndarray:
    shift, variance = np.asarray(law.shift, np.float64), np.asarray(law.variance, np.float64)
    top = np.maximum(HISTOGRAM_RANGE * shift * np.sqrt(np.expm1(variance)), shift)
    return np.linspace(-1.1 * shift, top, NUM_EDGES).T


def _histogram(law: LognormalField, edges: np.ndarray, counts: np.ndarray, num_pixels: int) -> Histogram:
    """Return densities; the expected one is the mean over each interval, from the cumulative lognormal law."""
    shift = np.asarray(law.shift, np.float64)[:, None]
    variance = np.asarray(law.variance, np.float64)[:, None]
    with np.errstate(divide="ignore"):
        standard = (np.log1p(np.maximum(edges / shift, -1.0)) + variance / 2) / np.sqrt(variance)
    width = np.diff(edges, axis=1)
    densities = counts / num_pixels**2 / width
    error = densities.std(0, ddof=1) / np.sqrt(len(counts))
    expected = np.diff(ndtr(standard), axis=1) / width
    return Histogram(edges, densities.mean(0), error, expected, -shift[:, 0])
