"""Tables of the study: means over targets with their errors, and what rejection would need."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fullfield.types import Float

KEYS = ["field", "summary", "method"]
LEAST_EXCESS = 1e-3
"""Of C2ST over a half: less is noise."""
OTHER = "delfi"
"""The method that rejection is compared with."""
MEASURES = ("c2st", "c2st_few", "lost", "shift_first", "shift_second", "width_first", "width_second", "mahalanobis")


def with_errors(table: pd.DataFrame, keys: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Return means over observations, and standard errors as ``<column>_error``; num_observations counts them."""
    grouped = table.groupby(list(keys), sort=False)
    # One that has failed must not improve the mean of the others.
    means = grouped[list(columns)].agg(lambda values: values.mean(skipna=False))
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
        field, summary, method; the columns of `judgement.verdict` with their errors, which are over targets: what these
        share, one network and one bank, is not in them; num_observations;
        num_simulations, which one posterior took (of a bank: all of them), num_training, which the summary took;
        num_rows, the fewest of any C2ST.
    """
    table = with_errors(verdicts, KEYS, MEASURES)
    grouped = verdicts.groupby(KEYS, sort=False)
    facts = grouped.agg({"num_simulations": "first", "num_training": "first", "num_rows": "min"}).reset_index()
    return table.merge(facts, on=KEYS)


def acceptance(tables: pd.DataFrame, reached: pd.DataFrame, num_rows: int) -> pd.DataFrame:
    """Return C2ST of rejection against the accepted fraction, and what it would need to be as good as another method.

    Parameters
    ----------
    tables
        As `posteriors.infer` returns it under ``acceptance``, with columns field and summary.
    reached
        As `posteriors` returns it; sequential estimation is what is to be reached, by as many rows (`c2st_few`).
    num_rows
        Accepted simulations that make a posterior.

    Returns
    -------
    pandas.DataFrame
        field, summary, num_accepted, fraction, distance, c2st and the errors of the last two, num_observations;
        reached, C2ST of the other method; needed, simulations of the prior that would leave `num_rows` accepted at the
        fraction where C2ST has fallen to it, and bound: ``interpolated`` between fractions; ``at least``, from the
        smallest one, what its excess over a half takes in proportion to the fraction (the true excess falls more
        slowly, down to what the summary has lost); or ``at most``, where all fractions are as good.
    """
    keys = ["field", "summary", "num_accepted"]
    table = with_errors(tables, keys, ("fraction", "distance", "c2st")).drop(columns=["fraction_error"])
    goals = reached[reached["method"] == OTHER].set_index(["field", "summary"])["c2st_few"]
    parts = []
    for key, own in table.groupby(["field", "summary"], sort=False):
        own = own.sort_values("fraction")
        fraction, bound = _fraction_at(own["fraction"].to_numpy(), own["c2st"].to_numpy() - 0.5, goals[key] - 0.5)
        parts.append(own.assign(needed=num_rows / fraction, bound=bound, reached=goals[key]))
    return pd.concat(parts, ignore_index=True)


def _fraction_at(
    fractions: Float[np.ndarray, " fraction"], excess: Float[np.ndarray, " fraction"], goal: float
) -> tuple[float, str]:
    rising = np.maximum.accumulate(np.maximum(excess, LEAST_EXCESS))
    goal = max(goal, LEAST_EXCESS)
    if goal < rising[0]:
        return float(fractions[0] * goal / rising[0]), "at least"
    if goal >= rising[-1]:
        return float(fractions[-1]), "at most"
    return float(np.interp(goal, rising, fractions)), "interpolated"


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
