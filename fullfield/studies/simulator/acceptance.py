"""Simulated maps must follow the theory: no pull is too large, no pixel below the bound of the lognormal law."""

from collections.abc import Mapping

import pandas as pd

from fullfield.metrics.pulls import p_value_of_largest
from fullfield.pipeline.acceptance import Check, Outcome, PValue
from fullfield.settings.acceptance import Bounds

ROUNDING = 1e-4


def checks(tables: Mapping[str, pd.DataFrame], bounds: Bounds) -> list[Outcome]:
    """Return what the tables of `checks.summarise` say, by file."""
    return [
        outcome
        for file, table in tables.items()
        for outcome in (*pull_p_values(file, table, bounds.pull_room), *minimum_checks(file, table))
    ]


def pull_p_values(file: str, table: pd.DataFrame, room: float) -> list[PValue]:
    """Return a p-value per point and quantity, of the largest of its pulls.

    Band powers of few modes have skewed laws: of 4 800 groups of pulls of 100 to 1 000 correct maps of 16 x 16 pixels,
    without room, the smallest p-value was 3e-5, with a room of 1.3 it was 7e-3.
    """
    return [
        PValue(
            "pulls",
            file,
            f"{row.point}, {row.quantity}, largest pull of {row.num_comparisons} {row.largest_pull:.2f}",
            p_value_of_largest(row.largest_pull, row.num_comparisons, room=room, num_values=row.num_simulations),
        )
        for row in table[table["quantity"] != "minimum"].itertuples()
    ]


def minimum_checks(file: str, table: pd.DataFrame) -> list[Check]:
    """Return the smallest value of every point's maps over -lambda, which no map goes below."""
    return [
        Check("pulls", file, f"{row.point}, minimum", "ratio to -lambda", row.largest_pull, high=1.0 + ROUNDING)
        for row in table[table["quantity"] == "minimum"].itertuples()
    ]
