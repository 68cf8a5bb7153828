"""How much Fisher information summaries keep, from simulations at one point, with a jackknife's error."""

from typing import NamedTuple

import numpy as np

from fullfield.types import Float

NUM_GROUPS = 50
"""Of the jackknife."""


class LogDeterminant(NamedTuple):
    """Ln det F, or the difference of two, from all simulations and without each group of them."""

    everything: float
    left_out: Float[np.ndarray, " group"]

    @property
    def value(self) -> float:
        """The jackknife's estimate, corrected for the bias of a finite number of simulations."""
        return float(self.everything - (NUM_GROUPS - 1) * (np.mean(self.left_out) - self.everything))

    @property
    def error(self) -> float:
        """One standard deviation."""
        return float(np.sqrt((NUM_GROUPS - 1) * np.var(self.left_out)))

    def less(self, other: "LogDeterminant") -> "LogDeterminant":
        """Return the difference of two on the same simulations, whose common noise drops out."""
        return LogDeterminant(self.everything - other.everything, self.left_out - other.left_out)


def log_determinant(summaries: Float[np.ndarray, "n s"], slopes: Float[np.ndarray, "n s p"]) -> LogDeterminant:
    """Return ln det F of summaries and their derivatives in the parameters, all at one point.

    F is estimated from n simulations: of bias and error the leading order in 1 / n is measured.
    """
    # A summary may hardly depend on a parameter: its covariance is all but singular then, in single precision.
    summaries, slopes = np.asarray(summaries, np.float64), np.asarray(slopes, np.float64)
    groups = np.arange(len(summaries)) % NUM_GROUPS
    left_out = [_log_det(summaries[groups != group], slopes[groups != group]) for group in range(NUM_GROUPS)]
    return LogDeterminant(_log_det(summaries, slopes), np.array(left_out))


class Moments(NamedTuple):
    """What simulations at one point say about summaries, in double precision."""

    information: Float[np.ndarray, "p p"]
    covariance: Float[np.ndarray, "s s"]
    derivative: Float[np.ndarray, "s p"]
    mean: Float[np.ndarray, " s"]

    def whitening(self) -> tuple[np.ndarray, np.ndarray]:
        """Return offset and matrix of w = (t - offset) @ matrix, of unit covariance; see `compress.imnn.Fisher`."""
        factor = np.linalg.cholesky(self.information)
        directions = np.linalg.solve(self.covariance, self.derivative)
        return self.mean, np.linalg.solve(factor, directions.T).T


def moments(summaries: Float[np.ndarray, "n s"], slopes: Float[np.ndarray, "n s p"]) -> Moments:
    """Return mean, covariance, derivative and information; summaries may be all but collinear."""
    summaries, slopes = np.asarray(summaries, np.float64), np.asarray(slopes, np.float64)
    derivative = slopes.mean(0)
    covariance = np.cov(summaries, rowvar=False).reshape(len(derivative), -1)
    information = derivative.T @ np.linalg.solve(covariance, derivative)
    return Moments(information, covariance, derivative, summaries.mean(0))


def _log_det(summaries: Float[np.ndarray, "n s"], slopes: Float[np.ndarray, "n s p"]) -> float:
    sign, value = np.linalg.slogdet(moments(summaries, slopes).information)
    # A covariance that is numerically singular can give anything.
    return float(value) if sign > 0 else np.nan
