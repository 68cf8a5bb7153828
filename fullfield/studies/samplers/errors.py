"""Are the Monte-Carlo errors of chains right? Signed pulls of samplers over many mock observations."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import scipy.stats

from fullfield.metrics import chains
from fullfield.types import Float

MIN_OBSERVATIONS = 2


def means_and_errors(
    draws: Float[np.ndarray, "observation chain draw p"], names: Sequence[str]
) -> tuple[Float[np.ndarray, "observation extended"], Float[np.ndarray, "observation extended"], tuple[str, ...]]:
    """Return the mean of every parameter and S8 with its Monte-Carlo error (`metrics.chains.summarise`), and names.

    Where a chain has never moved there is no error: NaN.
    """
    extended, names = chains.with_s8(np.asarray(draws, np.float64), names)
    tables = [chains.summarise(one, names) for one in extended]
    mean, error = (np.stack([table[column].to_numpy() for table in tables]) for column in ("mean", "mcse_mean"))
    is_stuck = (np.ptp(extended, axis=2) == 0).any(axis=1)
    return mean, np.where(is_stuck, np.nan, error), names


def pulls(draws: Mapping[str, Float[np.ndarray, "observation chain draw p"]], names: Sequence[str]) -> pd.DataFrame:
    r"""Return the law of the differences of two samplers' means in units of their errors, over observations.

    .. math:: t_i = (\bar\theta_i^A - \bar\theta_i^B) / \sqrt{\epsilon_{iA}^2 + \epsilon_{iB}^2}

    If both samplers draw from one law and the errors are right, t is N(0, 1). Whether its mean is 0, Student's test
    says, which errors of the wrong size do not mislead; whether they are right, n times its mean square, chi-squared.

    Parameters
    ----------
    draws
        By name of sampler, of the same observations.
    names
        Parameter names.

    Returns
    -------
    DataFrame
        Columns first, second, parameter, num_observations, mean_pull, rms_pull, and the p-values of both, two-sided:
        p_mean, p_rms. Observations with a chain that never moved are left
        out: num_observations counts the others.

    Raises
    ------
    ValueError
        Where fewer than two are left.
    """
    known = {sampler: means_and_errors(one, names) for sampler, one in draws.items()}
    rows = []
    for (first, (mean, error, extended)), (second, (other, other_error, _)) in itertools.combinations(known.items(), 2):
        values = (mean - other) / np.hypot(error, other_error)
        values = values[np.isfinite(values).all(axis=1)]
        count = len(values)
        if count < MIN_OBSERVATIONS:
            raise ValueError(
                f"{first} and {second} have both moved at {count} of {len(mean)} observations;"
                f" {MIN_OBSERVATIONS} are needed"
            )
        for parameter, own in zip(extended, values.T, strict=True):
            total = float(np.sum(own**2))
            law = scipy.stats.chi2(count)
            rows.append(
                {
                    "first": first,
                    "second": second,
                    "parameter": parameter,
                    "num_observations": count,
                    "mean_pull": own.mean(),
                    "rms_pull": np.sqrt(total / count),
                    "p_mean": scipy.stats.ttest_1samp(own, 0.0).pvalue,
                    "p_rms": np.minimum(1.0, 2 * np.minimum(law.sf(total), law.cdf(total))),
                }
            )
    return pd.DataFrame(rows)


def scatter(draws: Mapping[str, Float[np.ndarray, "observation chain draw p"]], names: Sequence[str]) -> pd.DataFrame:
    """Return how the means of single chains scatter, beside what their Monte-Carlo errors say.

    The square root of the mean over observations of the variance of chain means, over that of their squared errors: 1
    where these are right, with a relative error of 1 / sqrt(2 n [m - 1]) for n observations of m chains.

    Parameters
    ----------
    draws, names
        As in `pulls`.

    Returns
    -------
    DataFrame
        Columns sampler, parameter, num_observations, num_chains, ratio (of standard deviations) and its error.
    """
    rows = []
    for sampler, one in draws.items():
        num_observations, num_chains = one.shape[:2]
        _, error, extended = means_and_errors(one, names)
        of_chains = chains.with_s8(np.asarray(one, np.float64), names)[0].mean(axis=2).var(axis=1, ddof=1)
        moved = np.isfinite(error).all(axis=1)
        num_observations = int(moved.sum())
        ratio = np.sqrt(of_chains[moved].mean(axis=0) / (num_chains * np.mean(error[moved] ** 2, axis=0)))
        relative = 1 / np.sqrt(2 * num_observations * (num_chains - 1))
        rows += [
            {
                "sampler": sampler,
                "parameter": parameter,
                "num_observations": num_observations,
                "num_chains": num_chains,
                "ratio": value,
                "error": value * relative,
            }
            for parameter, value in zip(extended, ratio, strict=True)
        ]
    return pd.DataFrame(rows)
