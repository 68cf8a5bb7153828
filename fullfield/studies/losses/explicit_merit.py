"""Figures of merit of the explicit posteriors of the standard analyses, beside whether these are calibrated."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from fullfield.metrics.constraints import figure_of_merit
from fullfield.studies.losses.tables import PLANES


def explicit_merit(
    posteriors: Mapping[tuple[str, str], np.ndarray],
    references: Mapping[str, np.ndarray],
    names: Sequence[str],
    calibration: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the percentages of explicit posteriors, by (method, observation), with errors over the observations.

    Where they have been calibrated over the prior (`baselines.calibrate`, all methods in one table) every row says
    whether SBC and TARP are inside their bands: else a figure of merit says nothing.
    """
    rows = []
    for method in dict.fromkeys(key[0] for key in posteriors):
        ratios = []
        for observation, chains in references.items():
            own = figure_of_merit(posteriors[method, observation], names, PLANES)["figure_of_merit"]
            ratios.append(100.0 * own / figure_of_merit(chains, names, PLANES)["figure_of_merit"])
        found = {} if calibration is None else _inside(calibration[calibration["method"] == method])
        for (first, second), values in zip(PLANES, np.array(ratios).T, strict=True):
            error = values.std(ddof=1) / math.sqrt(len(values)) if len(values) > 1 else math.nan
            row = {"method": method, "first": first, "second": second, "percent": values.mean(), "error": error}
            rows.append(row | found)
    return pd.DataFrame(rows)


def _inside(coverage: pd.DataFrame) -> dict[str, bool | float | int]:
    is_sbc = coverage["test"] == "sbc"
    return {
        "sbc_inside": bool(coverage[is_sbc]["inside"].all()),
        "tarp_inside": bool(coverage[~is_sbc]["inside"].all()),
        "smallest_p_value": float(coverage["p_value"].min()),
        "num_calibrated": int(coverage["num_observations"].iloc[0]),
        "num_slow": int(coverage["num_slow"].iloc[0]),
    }
