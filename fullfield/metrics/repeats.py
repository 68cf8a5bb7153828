"""Means over repeated trainings and observations, with their errors."""

import math

import numpy as np
import scipy.stats

from fullfield.types import ArrayLike, Float


def mean_and_error(values: Float[ArrayLike, "seed observation"]) -> tuple[float, float]:
    """Return mean and standard error of (seed, observation) values, from the scatter of both.

    The variance is that of the observations' means over n_observations plus that of the seeds' means over n_seeds; the
    scatter of single values counts in both, which errs on the large side. NaN where there is one of each.
    """
    variances = [variance for variance, _ in _variances(values)]
    return float(np.mean(values)), math.sqrt(sum(variances)) if variances else math.nan


def half_width(values: Float[ArrayLike, "seed observation"]) -> float:
    """Return half the width of the 95 % interval of the mean: Student's t with Welch and Satterthwaite's degrees."""
    variances = np.array(_variances(values))
    if not len(variances):
        return math.nan
    total = variances[:, 0].sum()
    degrees = total**2 / np.sum(variances[:, 0] ** 2 / variances[:, 1]) if total else math.inf
    return float(scipy.stats.t.ppf(0.975, degrees) * math.sqrt(total))


def _variances(values: Float[ArrayLike, "seed observation"]) -> list[tuple[float, int]]:
    """Return variance of the mean and degrees of freedom, from observations and from seeds."""
    several = [means for means in (np.mean(values, axis=0), np.mean(values, axis=1)) if len(means) > 1]
    return [(means.var(ddof=1) / len(means), len(means) - 1) for means in several]
