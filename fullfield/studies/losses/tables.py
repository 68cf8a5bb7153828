"""Tables of the study of losses: figures of merit, C2ST, information and calibration, with error bars."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from fullfield.metrics import c2st
from fullfield.metrics.constraints import figure_of_merit
from fullfield.metrics.repeats import holm, mean_and_error, p_value
from fullfield.pipeline.merit import CONSTRAINED
from fullfield.settings.provenance import total_cost
from fullfield.studies.losses.map_information import MapInformation, information_columns
from fullfield.studies.losses.runs import Run, largest_runs

PLANES = tuple(itertools.combinations(CONSTRAINED, 2))
LEVEL = 0.05
"""Chance that any pair of summaries with the same figure of merit is called separated."""
PUBLISHED = {
    "full_field": (2520, 198, 176),
    "vmim": (2526, 190, 171),
    "mae": (2316, 162, 149),
    "mse": (2043, 152, 139),
    "gnll": (1882, 178, 152),
    "power_spectrum": (1222, 100, 77),
}
"""Figures of merit in the planes of `PLANES` (2407.10877, values of a 2023 draft): one observation, one training."""


def merit_rows(runs: Sequence[Run], references: Mapping[str, np.ndarray], names: Sequence[str]) -> pd.DataFrame:
    """Return the figure of merit of every run, seed, observation and plane, and as a percentage of the full field's.

    Parameters
    ----------
    runs
        Results.
    references
        Chains (chain, draw, p), of these observations at least.
    names
        Parameter names.

    Returns
    -------
    DataFrame
        Columns summary, size, seed, observation, first, second, figure_of_merit, percent.
    """
    full = {name: figure_of_merit(references[name], names, PLANES) for name in _observations(runs)}
    parts = []
    for run in runs:
        for seed, observation in itertools.product(run.judged["seed"].values, full):
            draws = run.judged["draws"].sel(seed=seed, observation=observation).values
            table = figure_of_merit(draws, names, PLANES)
            percent = 100.0 * table["figure_of_merit"] / full[observation]["figure_of_merit"]
            labels = {"summary": run.summary, "size": run.size, "seed": int(seed), "observation": observation}
            parts.append(table.drop(columns="error").assign(percent=percent, **labels))
    columns = ["summary", "size", "seed", "observation", "first", "second", "figure_of_merit", "percent"]
    return pd.concat(parts, ignore_index=True)[columns]


def _observations(runs: Sequence[Run]) -> list[str]:
    return [str(name) for name in runs[0].judged["observation"].values]


def _grid(rows: pd.DataFrame, value: str) -> np.ndarray:
    return rows.pivot(index="seed", columns="observation", values=value).to_numpy()


class Yardsticks(NamedTuple):
    """What the classifier says of equal and of slightly different laws, averaged over observations."""

    null: float
    """Accuracy of half of the reference chains against the other half."""
    shifted: float
    """Accuracy against a shifted reference."""
    num_rows: int
    """Rows a side of the null, of the observation with the fewest."""


def yardsticks(references: Mapping[str, np.ndarray], num_rows: int, seed: int) -> Yardsticks:
    """Return the yardsticks of the C2ST on at most `num_rows` draws of each reference (chain, draw, p)."""
    nulls = [c2st.c2st_null(chains, num_rows, seed=seed) for chains in references.values()]
    shifted = [c2st.c2st_shifted(chains, num_rows, seed=seed) for chains in references.values()]
    accuracies = [float(np.mean([one.accuracy for one in ones])) for ones in (nulls, shifted)]
    return Yardsticks(*accuracies, min(one.num_rows for one in nulls))


def planes_table(runs: Sequence[Run], merit: pd.DataFrame) -> pd.DataFrame:
    """Return the percentages of the full field's figure of merit, one row per summary, size and plane.

    Parameters
    ----------
    runs
        Results.
    merit
        As `merit_rows` returns it.

    Returns
    -------
    DataFrame
        Columns summary, size, first, second, percent with its error over seeds and observations, and the published
        value, where there is one.
    """
    rows = []
    for run in runs:
        own = merit[(merit["summary"] == run.summary) & (merit["size"] == run.size)]
        for index, (first, second) in enumerate(PLANES):
            mean, error = mean_and_error(_grid(own[(own["first"] == first) & (own["second"] == second)], "percent"))
            labels = {"summary": run.summary, "size": run.size, "first": first, "second": second}
            rows.append(labels | {"percent": mean, "error": error, "published": _published(run.summary, index)})
    return pd.DataFrame(rows)


def _published(summary: str, plane: int) -> float:
    if summary not in PUBLISHED:
        return math.nan
    return 100.0 * PUBLISHED[summary][plane] / PUBLISHED["full_field"][plane]


def losses_table(
    runs: Sequence[Run],
    classifier: Yardsticks,
    u: np.ndarray,
    maps: MapInformation | None,
    *,
    num_slow: int,
    at_prior: Sequence[Run] = (),
) -> pd.DataFrame:
    """Return one row per summary at the largest size: what it keeps, how well it is calibrated, what it cost.

    Parameters
    ----------
    runs
        Results.
    classifier
        As `yardsticks` returns it.
    u
        (simulation, p) parameters of the test simulations.
    maps
        The information in the maps, as `map_information.map_information` returns it, or None.
    num_slow
        Explicit posteriors that were left out.
    at_prior
        The same runs at draws of the prior, for their C2ST.

    Returns
    -------
    DataFrame
        C2ST with its null and yardstick; information in nats and as fractions of the bounds of I(u; x); number of seeds
        inside the SBC and TARP bands; sizes and costs.
    """
    rows = []
    elsewhere = {run.summary: run for run in largest_runs(at_prior)} if at_prior else {}
    for run in largest_runs(runs):
        accuracy, accuracy_error = mean_and_error(_grid(run.comparison, "c2st"))
        other = elsewhere.get(run.summary)
        of_prior = mean_and_error(_grid(other.comparison, "c2st")) if other else (math.nan, math.nan)
        rows.append(
            {
                "summary": run.summary,
                "c2st": accuracy,
                "c2st_error": accuracy_error,
                "c2st_prior": of_prior[0],
                "c2st_prior_error": of_prior[1],
                "num_prior_observations": other.judged.sizes["observation"] if other else 0,
                "num_rows": int(run.comparison["num_rows"].min()),
                "c2st_null": classifier.null,
                "c2st_shifted": classifier.shifted,
                "null_rows": classifier.num_rows,
                **information_columns(run.judged, u, maps),
                **_calibration(run.coverage),
                **_cost(run),
                "num_seeds": run.judged.sizes["seed"],
                "num_observations": run.judged.sizes["observation"],
                "num_test_simulations": len(u),
                "num_mocks": 0 if maps is None else len(maps.entropies.bound),
                "num_slow_mocks": num_slow,
            }
        )
    return pd.DataFrame(rows)


def _calibration(coverage: pd.DataFrame) -> dict[str, int | float]:
    is_sbc = coverage["test"] == "sbc"
    return {
        "sbc_inside": int(coverage[is_sbc].groupby("seed")["inside"].all().sum()),
        "tarp_inside": int(coverage[~is_sbc].groupby("seed")["inside"].all().sum()),
        "smallest_p_value": coverage["p_value"].min(),
    }


def _cost(run: Run) -> dict[str, int]:
    """Return weights of the network, and what the summary took in all: its training, inference, observed features."""
    files = [run.settings, run.judged.attrs] if run.settings else [run.judged.attrs]
    return {"num_weights": run.settings.get("num_weights", 0), **total_cost(*files)}


def ordering_table(merit: pd.DataFrame) -> pd.DataFrame:
    """Return, for every pair of summaries at the largest size, the difference of their percentages in each plane.

    Differences are taken seed by seed and observation by observation, so that what both share drops out. p-values are
    adjusted for all pairs and planes (`repeats.holm`); a pair is separated where the adjusted one is below 0.05.
    """
    rows = []
    columns = ["first", "second", "summary", "other", "difference", "error", "p_value"]
    largest = merit[merit["size"] == merit["size"].max()]
    for (first, second), plane in largest.groupby(["first", "second"], sort=False):
        grids = {name: _grid(own, "percent") for name, own in plane.groupby("summary", sort=False)}
        for one, other in itertools.combinations(grids, 2):
            differences = grids[one] - grids[other]
            mean, error = mean_and_error(differences)
            rows.append((first, second, one, other, mean, error, p_value(differences)))
    table = pd.DataFrame(rows, columns=columns)
    adjusted = holm(table["p_value"].to_numpy(np.float64))
    return table.assign(adjusted=adjusted, separated=adjusted < LEVEL, num_pairs=len(table))


def sizes_table(runs: Sequence[Run], u: np.ndarray, maps: MapInformation | None) -> pd.DataFrame:
    """Return information and cost against the number of simulations that the compressor was trained on."""
    return pd.DataFrame(
        [
            {"summary": run.summary, "size": run.size}
            | information_columns(run.judged, u, maps)
            | _cost(run)
            | {"num_seeds": run.judged.sizes["seed"], "num_observations": run.judged.sizes["observation"]}
            for run in runs
        ]
    )
