"""Figures of merit of several posteriors of one observation, beside that of the full field."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from fullfield.metrics.constraints import figure_of_merit
from fullfield.types import ArrayLike

CONSTRAINED = ("Omega_c", "sigma8", "w0")


def merit_table(samples: Mapping[str, ArrayLike], names: Sequence[str], reference: str = "reference") -> pd.DataFrame:
    """Tabulate FoM = det(Cov)^(-1/2) in the three planes of the constrained parameters.

    Parameters
    ----------
    samples
        Chains (chain, draw, p) by method.
    names
        Parameter names.
    reference
        Method that the others are divided by.

    Returns
    -------
    DataFrame
        Columns method, first, second, figure_of_merit with its Monte-Carlo error, and percent, of the reference's, with
        percent_error from both.
    """
    pairs = list(itertools.combinations(CONSTRAINED, 2))
    tables = {name: figure_of_merit(np.asarray(draws), names, pairs) for name, draws in samples.items()}
    full = tables[reference]
    parts = []
    for name, table in tables.items():
        ratio = table["figure_of_merit"] / full["figure_of_merit"]
        relative = np.hypot(table["error"] / table["figure_of_merit"], full["error"] / full["figure_of_merit"])
        error = 0.0 if name == reference else 100.0 * ratio * relative
        parts.append(table.assign(percent=100.0 * ratio, percent_error=error).assign(method=name))
    columns = ["method", "first", "second", "figure_of_merit", "error", "percent", "percent_error"]
    return pd.concat(parts, ignore_index=True)[columns]
