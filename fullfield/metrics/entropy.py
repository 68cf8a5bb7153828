"""Differential entropy of draws from a posterior, for mutual information."""

import math

import numpy as np
from scipy.special import digamma
from sklearn.neighbors import NearestNeighbors

from fullfield.types import ArrayLike, Float

NUM_NEIGHBOURS = 4
NUM_CONTROLS = 4


def gaussian_entropy(covariance: Float[ArrayLike, "p p"]) -> float:
    """Return the entropy of a Gaussian, H = ln det(2 pi e Cov) / 2, in nats."""
    size = len(covariance)
    return float(np.linalg.slogdet(covariance)[1] + size * math.log(2 * math.pi * math.e)) / 2


def nearest_neighbour_entropy(draws: Float[ArrayLike, "draw p"]) -> float:
    r"""Return the estimate of Kozachenko & Leonenko, in nats.

    .. math:: H = \psi(n) - \psi(k) + \ln V_p + \frac{p}{n} \sum_i \ln r_{ik}

    with r_ik the distance of draw i to its k-th neighbour, k = 4, and V_p the volume of the unit ball (Kraskov et al.
    2004, Phys. Rev. E 69, 066138, eq. 20). Draws must be distinct and nearly independent.

    Raises
    ------
    ValueError
        Where draws repeat so often that a distance is zero.
    """
    draws = np.asarray(draws, np.float64)
    count, size = draws.shape
    distances = NearestNeighbors(n_neighbors=NUM_NEIGHBOURS + 1).fit(draws).kneighbors()[0][:, NUM_NEIGHBOURS - 1]
    if not distances.all():
        raise ValueError(f"{np.sum(distances == 0.0)} of {count} draws repeat {NUM_NEIGHBOURS} times; thin the chains")
    log_ball = size / 2 * math.log(math.pi) - math.lgamma(size / 2 + 1)
    return float(digamma(count) - digamma(NUM_NEIGHBOURS) + log_ball + size * np.mean(np.log(distances)))


def posterior_entropy(draws: Float[ArrayLike, "draw p"], *, seed: int) -> float:
    """Return the entropy of nearly Gaussian draws, in nats: that of a Gaussian, corrected by nearest neighbours.

    Both the whitened draws and as many standard normal ones go through `nearest_neighbour_entropy`, whose bias in
    several dimensions cancels between them; the covariance's own bias, -p (p + 1) / 4n to first order, is removed.

    It is right within 0.06 nats for laws with skewed or heavy tails along straight axes. Curved ones come out too
    large: z_1 = a z + 0.3 (z_0^2 - 1) in six dimensions, from 300 draws, by 0.1 nats for a = 0.5 and 0.2 nats for
    a = 0.3. Sharp edges raise it, too.

    Parameters
    ----------
    draws
        Distinct, nearly independent draws.
    seed
        Of the normal draws.

    Returns
    -------
    float
        Entropy.
    """
    draws = np.asarray(draws, np.float64)
    count, size = draws.shape
    covariance = np.cov(draws, rowvar=False)
    rng = np.random.default_rng(seed)
    controls = [nearest_neighbour_entropy(_whiten(rng.normal(size=draws.shape))) for _ in range(NUM_CONTROLS)]
    departure = nearest_neighbour_entropy(_whiten(draws)) - np.mean(controls)
    return gaussian_entropy(covariance) + size * (size + 1) / (4 * count) + float(departure)


def _whiten(draws: np.ndarray) -> np.ndarray:
    factor = np.linalg.cholesky(np.cov(draws, rowvar=False))
    return np.linalg.solve(factor, (draws - draws.mean(0)).T).T
