"""Results of the study's summaries, one run for every summary and size."""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

PRIOR_MOCK = "prior_"
"""What names of observations at draws of the prior begin with."""


class Run(NamedTuple):
    """Results of one summary, trained on so many simulations."""

    summary: str
    size: int
    judged: xr.Dataset
    """As `judgement.judge` returns it; the attribute ``cost`` counts what inference with the summary took."""
    coverage: pd.DataFrame
    comparison: pd.DataFrame
    settings: dict[str, Any]
    """What the file of the networks says, their ``cost`` included; empty for features that are the summary."""

    def at(self, observations: Sequence[str]) -> "Run":
        """Return the results of some observations alone."""
        comparison = self.comparison[self.comparison["observation"].isin(observations)]
        return self._replace(judged=self.judged.sel(observation=list(observations)), comparison=comparison)


def split_by_point(runs: Sequence[Run], names: Sequence[str]) -> tuple[list[Run], list[Run]]:
    """Return the results at the fiducial point, and those at draws of the prior, empty where there are none."""
    drawn = [name for name in names if name.startswith(PRIOR_MOCK)]
    fiducial = [name for name in names if name not in drawn]
    return [run.at(fiducial) for run in runs], [run.at(drawn) for run in runs] if drawn else []


def common_simulations(judged: Sequence[xr.Dataset], test: xr.Dataset) -> tuple[list[xr.Dataset], xr.Dataset]:
    """Return results and test simulations, those alone whose features are finite for every summary."""
    indices = test["simulation_index"].values
    common = functools.reduce(np.intersect1d, [one["simulation"].values for one in judged], indices)
    return [one.sel(simulation=common) for one in judged], test.isel(simulation=np.isin(indices, common))


def largest_runs(runs: Sequence[Run]) -> list[Run]:
    """Return the runs at the largest size, where summaries are compared."""
    largest = max(run.size for run in runs)
    return [run for run in runs if run.size == largest]
