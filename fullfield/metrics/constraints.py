"""Constraints compared: shifts, widths and figures of merit, every one with its Monte-Carlo error.

The standard error of a statistic T of the draws is that of the mean of its influence function,
T - T_true ~ (1/n) sum_i IF(theta_i), with n the effective sample size of IF for chains and the number of rows for
independent draws: the first order of a bootstrap, without its random numbers, and valid for correlated draws. With
d = theta - mean, IF = d for a mean and (d^2 / sigma^2 - 1) / 2 for log sigma (Hampel 1974, JASA 69, 383).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from fullfield.metrics.chains import load_arviz
from fullfield.types import ArrayLike, Float


class MeanShift(NamedTuple):
    """Mahalanobis distance between two means.

    Attributes
    ----------
    distance
        In sigma of the reference.
    standard_error
        Monte-Carlo error, valid where the distance is well above `noise`.
    noise
        Root-mean-square distance of two sets of such draws from one law.
    """

    distance: float
    standard_error: float
    noise: float


def compare(
    samples: Float[ArrayLike, "row parameter"],
    reference_draws: Float[ArrayLike, "chain draw parameter"],
    names: Sequence[str],
) -> pd.DataFrame:
    """Compare the mean and the width of every parameter with the reference.

    shift_sigma = (mean_s - mean_r) / sigma_r, width_ratio = sigma_s / sigma_r.

    Parameters
    ----------
    samples
        Independent draws of the method.
    reference_draws
        Converged chains.
    names
        Name of every parameter.

    Returns
    -------
    DataFrame
        Columns parameter, shift_sigma, shift_error, width_ratio, width_error; the errors are one standard deviation
        and count both sets of draws.

    Raises
    ------
    ValueError
        If the parameters do not match in number.
    """
    samples, reference = np.asarray(samples, np.float64), np.asarray(reference_draws, np.float64)
    _check_names(names, samples, reference)
    rows = [_compare_one(name, samples[:, i], reference[:, :, i]) for i, name in enumerate(names)]
    return pd.DataFrame(rows)


def _compare_one(name: str, samples: np.ndarray, reference: np.ndarray) -> dict[str, str | float]:
    sigma = reference.std()
    shift, ratio = (samples.mean() - reference.mean()) / sigma, samples.std() / sigma
    # sigma_r divides the shift, so the influence of a reference draw on it has a part from the mean and one from sigma.
    on_shift = (reference - reference.mean()) / sigma + shift * _influence_log_std(reference)
    return {
        "parameter": name,
        "shift_sigma": shift,
        "shift_error": np.hypot(standard_error(samples / sigma), standard_error(on_shift)),
        "width_ratio": ratio,
        "width_error": ratio
        * np.hypot(standard_error(_influence_log_std(samples)), standard_error(_influence_log_std(reference))),
    }


def mean_shift(
    samples: Float[ArrayLike, "*own row parameter"], reference_draws: Float[ArrayLike, "chain draw parameter"]
) -> MeanShift:
    """Return the Mahalanobis distance of the means, D = sqrt(delta^T Sigma_r^-1 delta), delta = mean_s - mean_r.

    Parameters
    ----------
    samples
        Independent draws of the method, or chains.
    reference_draws
        Converged chains, of covariance Sigma_r.

    Returns
    -------
    MeanShift
        D is positive by construction: judge it against `noise`.
    """
    samples, reference = np.asarray(samples, np.float64), np.asarray(reference_draws, np.float64)
    covariance = np.atleast_2d(np.cov(reference.reshape(-1, reference.shape[-1]), rowvar=False))
    whiten = np.linalg.inv(np.linalg.cholesky(covariance)).T
    white_samples, white_reference = samples @ whiten, reference @ whiten
    delta = white_samples.reshape(-1, len(whiten)).mean(axis=0) - white_reference.mean(axis=(0, 1))
    distance = float(np.linalg.norm(delta))
    along = delta / distance if distance else np.eye(len(delta))[0]
    errors = [
        np.hypot(standard_error(white_samples @ axis), standard_error(white_reference @ axis))
        for axis in (along, *np.eye(len(delta)))
    ]
    return MeanShift(distance, float(errors[0]), float(np.linalg.norm(errors[1:])))


def figure_of_merit(
    draws: Float[ArrayLike, "*chain draw parameter"], names: Sequence[str], pairs: Iterable[tuple[str, str]]
) -> pd.DataFrame:
    """Return the figure of merit of pairs of parameters, FoM = det(Cov)^(-1/2) of their 2 x 2 covariance.

    Its relative error is that of log FoM, IF = 1 - d^T Cov^-1 d / 2.

    Parameters
    ----------
    draws
        Chains (chain, draw, parameter), or independent draws (draw, parameter).
    names
        Name of every parameter.
    pairs
        Pairs of those names.

    Returns
    -------
    DataFrame
        Columns first, second, figure_of_merit, error (one standard deviation).

    Raises
    ------
    ValueError
        If a name is unknown.

    References
    ----------
    Albrecht et al. (2006), arXiv:astro-ph/0609591; Wang (2008), Phys. Rev. D 77, 123525, eq. (4).
    """
    draws = np.asarray(draws, np.float64)
    _check_names(names, draws)
    return pd.DataFrame([_figure_of_merit(draws, tuple(names), first, second) for first, second in pairs])


def _figure_of_merit(draws: np.ndarray, names: tuple[str, ...], first: str, second: str) -> dict[str, str | float]:
    unknown = {first, second} - set(names)
    if unknown:
        raise ValueError(f"no parameter {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    pair = draws[..., [names.index(first), names.index(second)]]
    centred = pair - pair.reshape(-1, 2).mean(axis=0)
    covariance = np.cov(pair.reshape(-1, 2), rowvar=False)
    influence = 1.0 - 0.5 * np.einsum("...i,ij,...j->...", centred, np.linalg.inv(covariance), centred)
    value = 1.0 / np.sqrt(np.linalg.det(covariance))
    return {"first": first, "second": second, "figure_of_merit": value, "error": value * standard_error(influence)}


def standard_error(values: Float[np.ndarray, "*chain draw"]) -> float:
    """Return the standard error of a mean, sd / sqrt(n); n is the effective sample size where there is a chain axis."""
    if values.ndim == 1:
        return float(values.std(ddof=1) / np.sqrt(len(values)))
    return float(load_arviz().mcse(values, method="mean"))


def _influence_log_std(values: np.ndarray) -> np.ndarray:
    return 0.5 * (((values - values.mean()) / values.std()) ** 2 - 1.0)


def _check_names(names: Sequence[str], *arrays: np.ndarray) -> None:
    counts = [array.shape[-1] for array in arrays]
    if set(counts) != {len(names)}:
        raise ValueError(f"{len(names)} names ({', '.join(names)}) for draws of {counts} parameters")
