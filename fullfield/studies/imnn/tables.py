"""Tables of the study: means over targets with their errors, and what rejection would need."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

KEYS = ["field", "summary", "method"]
OTHER = "delfi"
"""The method that rejection is compared with."""
MEASURES = ("c2st", "lost", "shift_first", "shift_second", "width_first", "width_second", "mahalanobis")


def with_errors(table: pd.DataFrame, keys: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Return means over observations, and standard errors as ``<column>_error``; num_observations counts them."""
    grouped = table.groupby(list(keys), sort=False)
    means = grouped[list(columns)].mean()
    errors = grouped[list(columns)].sem().add_suffix("_error")
    return pd.concat([means, errors, grouped.size().rename("num_observations")], axis=1).reset_index()


def posteriors(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return how each method compares with the exact posteriors, mean over targets.

    Parameters
    ----------
    verdicts
        As `posteriors.infer` returns them, with columns field and summary.

    Returns
    -------
    pandas.DataFrame
        field, summary, method; c2st, lost, shift_first, shift_second, width_first, width_second, mahalanobis with their
        errors; num_observations; num_simulations, which one posterior took (of a bank: all of them).
    """
    table = with_errors(verdicts, KEYS, MEASURES)
    cost = verdicts.groupby(KEYS, sort=False)["num_simulations"].first().rename("num_simulations").reset_index()
    return table.merge(cost, on=KEYS)


def acceptance(tables: pd.DataFrame, reached: pd.DataFrame, num_rows: int) -> pd.DataFrame:
    """Return C2ST of rejection against the accepted fraction, and what it would need to be as good as another method.

    Parameters
    ----------
    tables
        As `posteriors.infer` returns it under ``acceptance``, with columns field and summary.
    reached
        As `posteriors` returns it; sequential estimation is what is to be reached.
    num_rows
        Accepted simulations that make a posterior.

    Returns
    -------
    pandas.DataFrame
        field, summary, num_accepted, fraction, distance, c2st, c2st_error, num_observations; needed, simulations of the
        prior that would leave `num_rows` accepted at the fraction where C2ST, less a half, has fallen to that of the
        other method: interpolated in the fraction, or extrapolated in proportion to it below the smallest one, which
        `is_extrapolated` says; and it assumes that the same fraction of more simulations is as good.
    """
    keys = ["field", "summary", "num_accepted"]
    table = with_errors(tables, keys, ("fraction", "distance", "c2st")).drop(columns=["fraction_error"])
    goals = reached[reached["method"] == OTHER].set_index(["field", "summary"])["c2st"]
    parts = []
    for key, own in table.groupby(["field", "summary"], sort=False):
        own = own.sort_values("fraction")
        excess, goal = (np.maximum(values - 0.5, 1e-3) for values in (own["c2st"].to_numpy(), goals[key]))
        rising = np.maximum.accumulate(excess)
        least = own["fraction"].iloc[0]
        is_below = goal < rising[0]
        fraction = least * goal / rising[0] if is_below else np.interp(goal, rising, own["fraction"])
        parts.append(own.assign(needed=num_rows / fraction, is_extrapolated=bool(is_below)))
    return pd.concat(parts, ignore_index=True)


def convergence(table: pd.DataFrame) -> pd.DataFrame:
    """Return the worst R-hat and effective sample size of the chains of each round: field, summary, round, rhat, ess.

    An undefined value, of a chain that never moved, is infinite, or no draw.
    """
    filled = table.fillna({"rhat": np.inf, "ess": 0.0})
    grouped = filled.groupby(["field", "summary", "round"], sort=False)
    return grouped.agg({"rhat": "max", "ess": "min"}).reset_index()


def with_points(estimates: pd.DataFrame, information: pd.DataFrame) -> pd.DataFrame:
    """Add to score estimates the coordinate of the point that their summary was trained at, as column point."""
    stages = information.groupby(["field", "stage"])[["first", "second"]].first()
    rows = []
    for (field, stage), own in estimates.groupby(["field", "stage"], sort=False):
        names = own["parameter"].unique()
        point = dict(zip(names, stages.loc[(field, stage)], strict=True))
        rows.append(own.assign(point=own["parameter"].map(point)))
    return pd.concat(rows, ignore_index=True)
