"""Prior- and posterior-predictive checks: whether the model could have made the data."""

from typing import NamedTuple

import numpy as np
from sklearn.covariance import ledoit_wolf
from sklearn.neighbors import NearestNeighbors

from fullfield.types import ArrayLike, Float


class PriorCheck(NamedTuple):
    """Place of the observation among simulations from the prior.

    Attributes
    ----------
    p_value
        Small if the observation lies where the simulations do not.
    distance
        Of the observation.
    distances
        Of the simulations, for a histogram.
    """

    p_value: float
    distance: float
    distances: Float[np.ndarray, " simulation"]


class SpectraCheck(NamedTuple):
    """Place of the observed band powers among those of predictive maps, simulated with parameters from the posterior.

    Attributes
    ----------
    p_value
        Small if the observed band powers scatter more about the mean than those of the predictive maps.
    chi_squared
        Of the observation.
    predicted_chi_squared
        Of the predictive maps, each about the mean and covariance of all the others.
    deviation
        (observed - mean) / standard deviation of every band power, for a figure.
    """

    p_value: float
    chi_squared: float
    predicted_chi_squared: Float[np.ndarray, " predictive_map"]
    deviation: Float[np.ndarray, " band"]


def prior_check(
    observed: Float[ArrayLike, " feature"],
    simulated: Float[ArrayLike, "simulation simulated_feature"],
    *,
    num_neighbours: int = 10,
) -> PriorCheck:
    """Return the p-value of an observed summary under the prior predictive law.

    p = (1 + #{d_sim >= d_obs}) / (n + 1), with d the mean distance to the nearest neighbours other than itself, in
    whitened features. The observation and the n simulations are treated alike (each is judged against the n others,
    and the whitening uses them all), so that p is exactly uniform if the observation is one more simulation, whatever
    the law. A distance to neighbours, unlike one to the mean, sees an observation in the hollow of a curved law.

    Parameters
    ----------
    observed
        Summary of the observed data.
    simulated
        Summaries of simulations with parameters from the prior.
    num_neighbours
        Neighbours in the distance.

    Returns
    -------
    PriorCheck

    Raises
    ------
    ValueError
        If a value is not finite, the shapes do not match, or there are not more simulations than neighbours.

    References
    ----------
    Box (1980), JRSS A 143, 383 (prior predictive p-value); Vovk, Gammerman & Shafer (2005), section 2 (exactness by
    exchangeability); Ledoit & Wolf (2004), J. Multivariate Analysis 88, 365 (the covariance of the whitening).
    """
    points = _stack(observed, simulated)
    if len(points) - 1 <= num_neighbours:
        raise ValueError(f"{len(points) - 1} simulations are too few for {num_neighbours} neighbours")
    scaled = (points - points.mean(axis=0)) / points.std(axis=0)
    white = np.linalg.solve(np.linalg.cholesky(ledoit_wolf(scaled)[0]), scaled.T).T
    # Without arguments, a point is not its own neighbour.
    distances = NearestNeighbors(n_neighbors=num_neighbours).fit(white).kneighbors()[0].mean(axis=1)
    return PriorCheck(rank_p_value(distances[0], distances[1:]), float(distances[0]), distances[1:])


def spectra_check(
    observed: Float[ArrayLike, " band"], predicted: Float[ArrayLike, "predictive_map predicted_band"]
) -> SpectraCheck:
    """Return the p-value of observed log band powers under the posterior predictive law.

    chi^2 = (y - m)^T C^-1 (y - m), with m and C the mean and covariance of the predictive maps, and
    p = (1 + #{chi^2_map >= chi^2_obs}) / (n + 1). Each of these maps is judged about the mean and covariance of the
    n others, the observation among them, so that the p-value needs neither a Gaussian law nor a correction for the
    noise of C. The data serve twice, in the posterior and in the check: p-values gather around 1/2.

    Parameters
    ----------
    observed
        Log band powers of the observed maps, all bins and bands in one vector.
    predicted
        The same of predictive maps, simulated with parameters from the posterior.

    Returns
    -------
    SpectraCheck

    Raises
    ------
    ValueError
        If a value is not finite, the shapes do not match, or there are not more predictive maps than band powers.

    References
    ----------
    Gelman, Meng & Stern (1996), Statistica Sinica 6, 733, section 2.3.
    """
    points = _stack(observed, predicted)
    num_maps, num_bands = points.shape[0] - 1, points.shape[1]
    if num_maps <= num_bands + 1:
        raise ValueError(f"{num_maps} predictive maps are too few for the covariance of {num_bands} band powers")
    chi_squared = _leave_one_out_mahalanobis(points)
    deviation = (points[0] - points[1:].mean(axis=0)) / points[1:].std(axis=0, ddof=1)
    p_value = rank_p_value(chi_squared[0], chi_squared[1:])
    return SpectraCheck(p_value, float(chi_squared[0]), chi_squared[1:], deviation)


def rank_p_value(observed: float, simulated: Float[np.ndarray, " simulation"]) -> float:
    """Return p = (1 + #{simulated >= observed}) / (n + 1)."""
    return float((1 + np.sum(simulated >= observed)) / (1 + len(simulated)))


def _leave_one_out_mahalanobis(points: Float[np.ndarray, "point feature"]) -> Float[np.ndarray, " point"]:
    """Return every point's squared Mahalanobis distance from the mean and covariance of the others.

    With d = x - mean and A = sum d d^T over all N points, leaving x out gives A - c d d^T, c = N / (N - 1), and by
    Sherman & Morrison D^2 = c^2 (N - 2) a / (1 - c a), a = d^T A^-1 d.
    """
    num_points = len(points)
    centred = points - points.mean(axis=0)
    scaled = centred / centred.std(axis=0)
    a = np.einsum("ni,in->n", scaled, np.linalg.solve(scaled.T @ scaled, scaled.T))
    c = num_points / (num_points - 1)
    return c**2 * (num_points - 2) * a / (1.0 - c * a)


def _stack(observed: ArrayLike, simulated: ArrayLike) -> Float[np.ndarray, "point feature"]:
    observed, simulated = np.asarray(observed, np.float64), np.asarray(simulated, np.float64)
    if observed.shape != simulated.shape[1:]:
        raise ValueError(f"{observed.shape} observed features against {simulated.shape[1:]} simulated ones")
    points = np.concatenate([observed[None], simulated])
    bad = ~np.isfinite(points).all(axis=1)
    if bad.any():
        raise ValueError(f"the observation is not finite: {bool(bad[0])}; simulations not finite: {bad[1:].sum()}")
    if (points.std(axis=0) == 0.0).any():
        raise ValueError(f"features {np.flatnonzero(points.std(axis=0) == 0.0)} are constant")
    return points
