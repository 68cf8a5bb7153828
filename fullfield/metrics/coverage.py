"""Coverage of an estimator over many simulated observations: simulation-based calibration (SBC) and TARP."""

from typing import NamedTuple

import numpy as np

from fullfield.metrics.uniformity import Uniformity
from fullfield.types import ArrayLike, Bool, Float, Int


class SBC(NamedTuple):
    """Simulation-based calibration of every parameter; plot `ecdf_difference` against `levels` within the bands.

    Attributes
    ----------
    ranks
        How many of the posterior draws lie below the truth.
    levels
        Levels z at which the empirical distribution of the ranks is taken.
    ecdf_difference
        F(z) - z, zero on average for an exact posterior.
    band_low, band_high
        Simultaneous band over the levels of **one** parameter.
    joint_low, joint_high
        Simultaneous band over the levels of **all** parameters (Bonferroni).
    inside
        Whether each parameter stays within the joint band; ``inside.all()`` is the pass criterion.
    p_values
        p-value of each parameter by itself, not corrected for their number.
    """

    ranks: Int[np.ndarray, "observation parameter"]
    levels: Float[np.ndarray, " level"]
    ecdf_difference: Float[np.ndarray, "level parameter"]
    band_low: Float[np.ndarray, " level"]
    band_high: Float[np.ndarray, " level"]
    joint_low: Float[np.ndarray, " level"]
    joint_high: Float[np.ndarray, " level"]
    inside: Bool[np.ndarray, " parameter"]
    p_values: Float[np.ndarray, " parameter"]


class TARP(NamedTuple):
    """Expected coverage of the TARP credible regions; plot `coverage` against `levels` within the band.

    Attributes
    ----------
    levels
        Nominal credibility.
    coverage
        Fraction of the observations whose region of that credibility holds the truth.
    band_low, band_high
        Simultaneous band of `coverage` for an exact posterior.
    inside
        Whether the coverage stays within the band at every level.
    p_value
        p-value of the coverage curve.
    """

    levels: Float[np.ndarray, " level"]
    coverage: Float[np.ndarray, " level"]
    band_low: Float[np.ndarray, " level"]
    band_high: Float[np.ndarray, " level"]
    inside: bool
    p_value: float


def sbc(
    draws: Float[ArrayLike, "observation draw parameter"],
    truths: Float[ArrayLike, "truth true_parameter"],
    *,
    probability: float = 0.95,
    num_simulations: int = 20_000,
    seed: int = 0,
) -> SBC:
    """Rank the true parameters among posterior draws; under an exact posterior the ranks are uniform.

    rank = #{draws < truth}. Uniform ranks do not prove an exact posterior: the prior, returned whatever the data,
    passes too, and `tarp` with data-dependent points does not let it.

    Parameters
    ----------
    draws
        Independent posterior draws for every observation.
    truths
        Parameters that made the observations, drawn from the prior.
    probability
        Of the bands.
    num_simulations, seed
        Simulated rank sets behind the bands.

    Returns
    -------
    SBC

    Raises
    ------
    ValueError
        If shapes do not match or a value is not finite.

    References
    ----------
    Talts et al. (2018), arXiv:1804.06788; Saeilynoja et al. (2022) for the bands.
    """
    draws, truths = _check(draws, truths)
    ranks = (draws < truths[:, None]).sum(axis=1)
    num_observations, num_draws, num_parameters = draws.shape
    test = Uniformity(num_observations, num_draws, num_simulations=num_simulations, seed=seed)
    p_values = test.p_value(ranks.T)
    corrected = 1.0 - (1.0 - probability) / num_parameters
    return SBC(
        ranks,
        test.levels,
        test.ecdf(ranks.T).T - test.levels[:, None],
        *(edge - test.levels for edge in (*test.band(probability), *test.band(corrected))),
        inside=p_values > 1.0 - corrected,
        p_values=p_values,
    )


def tarp(
    draws: Float[ArrayLike, "observation draw parameter"],
    truths: Float[ArrayLike, "truth true_parameter"],
    *,
    points: Float[ArrayLike, "point point_parameter"] | None = None,
    probability: float = 0.95,
    num_simulations: int = 20_000,
    seed: int = 0,
) -> TARP:
    """Test accuracy with random points: coverage of the balls around a reference point that pass through the truth.

    f = #{draws closer to the point than the truth} / L is uniform under an exact posterior, wherever the point lies as
    long as it does not know the truth; coverage(z) = P(f < z). Distances are Euclidean, in standard deviations of the
    truths.

    Parameters
    ----------
    draws, truths
        As in `sbc`.
    points
        One reference point per observation; it may depend on the data (see `informed_points`), and must if a posterior
        that ignores the data is to fail. By default uniform in the box that the truths span.
    probability, num_simulations, seed
        As in `sbc`; the seed also draws the default points.

    Returns
    -------
    TARP

    Raises
    ------
    ValueError
        If shapes do not match or a value is not finite.

    References
    ----------
    Lemos, Coogan, Hezaveh & Perreault-Levasseur (2023), ICML, algorithm 2 and section 3.
    """
    draws, truths = _check(draws, truths)
    if points is None:
        points = np.random.default_rng([seed, 1]).uniform(truths.min(axis=0), truths.max(axis=0), truths.shape)
    points = np.asarray(points, np.float64)
    if points.shape != truths.shape or not np.isfinite(points).all():
        raise ValueError(f"points of shape {points.shape} must be finite and shaped as the truths, {truths.shape}")
    scale = truths.std(axis=0)
    distances = np.linalg.norm((draws - points[:, None]) / scale, axis=-1)
    ranks = (distances < np.linalg.norm((truths - points) / scale, axis=-1)[:, None]).sum(axis=1)
    test = Uniformity(*distances.shape, num_simulations=num_simulations, seed=seed)
    p_value = float(test.p_value(ranks[None])[0])
    return TARP(test.levels, test.ecdf(ranks[None])[0], *test.band(probability), p_value > 1.0 - probability, p_value)


def informed_points(
    features: Float[ArrayLike, "observation feature"], truths: Float[ArrayLike, "observation parameter"], *, seed: int
) -> Float[np.ndarray, "observation parameter"]:
    """Return reference points for `tarp` that depend on the data: noisy linear predictions of the truth.

    point = A features + b + noise, with (A, b) fitted by least squares on the *other* half of the observations, so
    that no point knows its truth, and noise of the covariance of the residuals.

    Parameters
    ----------
    features
        Any function of each observation, e.g. its summary.
    truths
        Parameters that made the observations.
    seed
        Of the noise.

    Returns
    -------
    Float[np.ndarray, "observation parameter"]
        One point per observation.
    """
    truths = np.asarray(truths, np.float64)
    design = np.column_stack([np.asarray(features, np.float64), np.ones(len(truths))])
    predictions = np.empty_like(truths)
    for half in (0, 1):
        weights = np.linalg.lstsq(design[1 - half :: 2], truths[1 - half :: 2])[0]
        predictions[half::2] = design[half::2] @ weights
    covariance = np.atleast_2d(np.cov(truths - predictions, rowvar=False))
    # A stream of its own: the truths themselves may come from a generator of the same seed.
    noise = np.random.default_rng([seed, 2]).multivariate_normal(np.zeros(truths.shape[1]), covariance, len(truths))
    return predictions + noise


def _check(draws: ArrayLike, truths: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    draws, truths = np.asarray(draws, np.float64), np.asarray(truths, np.float64)
    if truths.shape != (draws.shape[0], draws.shape[2]):
        raise ValueError(f"draws (observation, draw, parameter) {draws.shape} do not fit truths {truths.shape}")
    if not (np.isfinite(draws).all() and np.isfinite(truths).all()):
        raise ValueError("draws and truths must be finite")
    return draws, truths
