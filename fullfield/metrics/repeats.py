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


def p_value(values: Float[ArrayLike, "seed observation"]) -> float:
    """Return the two-sided p-value of a mean of zero: Student's t with Welch and Satterthwaite's degrees of freedom.

    NaN where there is one of each, or nothing scatters.
    """
    variances = np.array(_variances(values))
    if not len(variances) or not (total := variances[:, 0].sum()):
        return math.nan
    degrees = total**2 / np.sum(variances[:, 0] ** 2 / variances[:, 1])
    return float(2.0 * scipy.stats.t.sf(abs(np.mean(values)) / math.sqrt(total), degrees))


def holm(p_values: Float[ArrayLike, " test"]) -> Float[np.ndarray, " test"]:
    """Return p-values adjusted for their number: below alpha, the chance of any false claim among all is below alpha.

    The k-th smallest of m becomes the largest of (m - j + 1) p_j over j <= k, at most 1 (Holm 1979, Scand. J. Statist.
    6, 65), whatever the dependence of the tests; NaN stays, and counts as a test.
    """
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values)
    scaled = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted


def _variances(values: Float[ArrayLike, "seed observation"]) -> list[tuple[float, int]]:
    """Return variance of the mean and degrees of freedom, from observations and from seeds."""
    several = [means for means in (np.mean(values, axis=0), np.mean(values, axis=1)) if len(means) > 1]
    return [(means.var(ddof=1) / len(means), len(means) - 1) for means in several]
