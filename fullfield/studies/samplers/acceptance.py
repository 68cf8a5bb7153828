"""Samplers must agree: means of every pair within their Monte-Carlo errors, no pair that a classifier tells apart."""

import math
from collections.abc import Mapping

import pandas as pd
import scipy.stats

from fullfield.metrics.pulls import p_value_of_largest
from fullfield.pipeline.acceptance import Outcome, PValue
from fullfield.settings.acceptance import Bounds


def checks(tables: Mapping[str, pd.DataFrame], bounds: Bounds) -> list[Outcome]:
    """Return the p-values of all pairs in tables of agreement, by file."""
    return [
        one
        for file, table in tables.items()
        for one in (*mean_p_values(file, table, bounds.pull_room), *classifier_p_values(file, table))
    ]


def mean_p_values(file: str, table: pd.DataFrame, room: float) -> list[PValue]:
    """Return a p-value per pair, of the largest difference of the means of a parameter.

    Monte-Carlo errors of chains of 200 to 2 000 effective draws scatter by 4 to 12 % themselves.
    """
    return [
        PValue(
            "agreement",
            file,
            f"{row.first}, {row.second}, {row.parameter}, largest pull of {row.num_compared} {row.largest_pull:.2f}",
            p_value_of_largest(row.largest_pull, row.num_compared, room=room),
        )
        for row in table.itertuples()
    ]


def classifier_p_values(file: str, table: pd.DataFrame) -> list[PValue]:
    """Return a p-value per pair, of the C2ST among those of n random divisions: Student's law of n - 1 degrees."""
    return [
        PValue(
            "agreement",
            file,
            f"{row.first}, {row.second}, C2ST {row.c2st:.3f} beside {row.null_mean:.3f}",
            float(scipy.stats.t(row.num_divisions - 1).sf(row.null_pull / math.sqrt(1.0 + 1.0 / row.num_divisions))),
        )
        for row in table.itertuples()
    ]
