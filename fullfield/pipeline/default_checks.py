"""Checks of the default route: accuracy against the reference, calibration, convergence, surrogate and ledger."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fullfield.pipeline.acceptance import Check, Outcome, PValue
from fullfield.settings.acceptance import Bounds

METHOD = ["method", "compressor"]


def default_checks(
    tables: Mapping[str, pd.DataFrame],
    records: Mapping[str, Mapping[str, Any]],
    bounds: Bounds,
    limits: Mapping[str, Any],
) -> list[Outcome]:
    """Return what the tables of the default route say.

    Parameters
    ----------
    tables
        Tables by name; those that the task does not have may be missing.
    records
        Attributes of the files behind ``cost.csv``, by path.
    bounds
        The bounds.
    limits
        Budgets of the scale that are bounds: max_rhat, min_ess, max_divergent of the reference and max_error_percent of
        the surrogate.

    Returns
    -------
    list
        Checks and p-values.
    """
    checks = calibration_p_values(tables["calibration"]) + ledger_checks(tables["cost"], records)
    if "main" in tables:
        checks += charge_checks(tables["main"], tables["cost"])
        checks += c2st_checks(tables["c2st"], bounds)
        checks += shift_checks(tables["shifts"], bounds)
        checks += convergence_checks(tables["convergence"], limits)
        checks += surrogate_checks(tables["surrogate"], limits)
    return checks


def c2st_checks(table: pd.DataFrame, bounds: Bounds) -> list[Check]:
    """Return the C2ST of every method, mean over seeds and observations; one without a value has no mean."""
    methods = table[table["comparison"] == "method"]
    checks = []
    for names, own in methods.groupby(METHOD, sort=False):
        row = f"{'_'.join(names)}, mean of {len(own)}"
        value = own["c2st"].mean(skipna=False)
        checks.append(Check("c2st", "tables/c2st.csv", row, "C2ST", value, high=bounds.max_c2st))
    return checks


def shift_checks(table: pd.DataFrame, bounds: Bounds) -> list[Check]:
    """Return shift and width of every observation, method and parameter, all estimator seeds together."""
    checks = []
    for row in table[table["estimator_seed"].astype(str) == "all"].itertuples():
        where = f"{row.observation}, {row.method}_{row.compressor}, {row.parameter}"
        size, width = abs(row.shift_sigma), row.width_ratio
        limits = bounds.min_width, bounds.max_width
        checks.append(Check("shifts", "tables/shifts.csv", where, "|shift| in sigma", size, high=bounds.max_shift))
        checks.append(Check("widths", "tables/shifts.csv", where, "width ratio", width, *limits))
    return checks


def calibration_p_values(table: pd.DataFrame) -> list[PValue]:
    """Return the p-values of SBC and TARP of every method."""
    return [
        PValue(
            "calibration",
            "tables/calibration.csv",
            f"{row.method}_{row.compressor}, {row.test}, {row.parameter}",
            row.p_value,
        )
        for row in table.itertuples()
    ]


def convergence_checks(table: pd.DataFrame, limits: Mapping[str, Any]) -> list[Check]:
    """Return R-hat, effective sample sizes and divergent steps of every parameter of every reference."""
    within = {
        "rhat": (0.0, limits["max_rhat"]),
        "ess_bulk": (limits["min_ess"], float("inf")),
        "ess_tail": (limits["min_ess"], float("inf")),
        "divergent_fraction": (0.0, limits["max_divergent"]),
    }
    return [
        Check(
            "convergence",
            "tables/convergence.csv",
            f"{row['observation']}, {row['parameter']}",
            name,
            row[name],
            *bound,
        )
        for row in table.to_dict("records")
        for name, bound in within.items()
    ]


def surrogate_checks(table: pd.DataFrame, limits: Mapping[str, Any]) -> list[Check]:
    """Return the 95 % error of every pair of bins and of every shift."""
    high = limits["max_error_percent"]
    return [
        Check("surrogate", "tables/surrogate.csv", row.pair, "95 % error in per cent", row.q95, high=high)
        for row in table.itertuples()
    ]


def ledger_checks(cost: pd.DataFrame, records: Mapping[str, Mapping[str, Any]]) -> list[Check]:
    """Return the sums of the cost table, which must be those of the records in the files."""
    spent = totals(records)
    spent["published_count"] = spent["simulations"] + 2 * spent["gradients"]
    return [
        Check("ledger", "tables/cost.csv", "all stages", f"sum of {name}", float(cost[name].sum()), total, total)
        for name, total in spent.items()
    ]


def totals(records: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Return simulations and gradients of all files; simulations that files share (``split``) count once."""
    shared: dict[str, int] = {}
    for path, attrs in records.items():
        split = attrs.get("split", path)
        shared[split] = max(shared.get(split, 0), attrs["cost"]["simulations"])
    gradients = sum(attrs["cost"]["gradients"] for attrs in records.values())
    return {"simulations": float(sum(shared.values())), "gradients": float(gradients)}


def charge_checks(main: pd.DataFrame, cost: pd.DataFrame) -> list[Check]:
    """Return what the main table charges every method and reference with, which must be sums over the cost table."""
    checks = []
    for row in main.to_dict("records"):
        where = f"{row['observation']}, {row['method']}_{row['compressor']}"
        for name, total in charged(cost, row["observation"], row["compressor"]).items():
            checks.append(Check("ledger", "tables/main.csv", where, name, float(row[name]), total, total))
    return checks


def charged(cost: pd.DataFrame, observation: str, compressor: str) -> dict[str, float]:
    """Return the sums of the cost table that a row of the main table must show: the only reader of its labels."""
    implicit = cost[cost["stage"].isin([f"compressor {compressor}", f"inference {compressor}"])]
    reference = cost[cost["stage"] == f"reference {observation}"]
    return {
        "simulations": float(implicit["simulations"].sum()),
        "gradients": float(implicit["gradients"].sum()),
        "reference_gradients": float(reference["gradients"].sum()),
    }
