"""A posterior known in closed form: a linear model with Gaussian noise, and what an estimator of it must pass."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import scipy.stats

from fullfield.inference.estimator import Trained
from fullfield.inference.method import Method, Simulations
from fullfield.metrics import c2st, thinning

NUM_SIMULATIONS, NUM_PARAMETERS, NUM_SUMMARIES = 6000, 3, 4
# The shift is heavy-tailed over observations (the largest of 100 is some 20 times the median): ten are too few.
NUM_OBSERVATIONS, NUM_DRAWS = 100, 1000
NUM_CLASSIFIED = 3
# Largest root-mean-square shift of the mean in sigma; half the shift that the classifier is asked to see elsewhere.
SHIFT = 0.125
DESIGN = np.array([[2.0, 1.0, 0.0], [-1.0, 2.0, 0.5], [0.0, 1.0, 0.5], [1.0, 0.0, 0.3]])
COVARIANCE = np.linalg.inv(np.eye(3) + DESIGN.T @ DESIGN)
# A shift of a quarter sigma has Phi(1/8) = 0.55; the mean of three tests of 2 000 rows scatters by 1.2 * 0.0065.
ACCURACY = scipy.stats.norm.cdf(0.125) + 2 * 1.2 * np.sqrt(0.25 / (NUM_CLASSIFIED * 2 * NUM_DRAWS))


def simulate(seed, num):
    """Draw u ~ N(0, I) and s = A u + n with n ~ N(0, I); then u | s ~ N(C A^T s, C), C = (I + A^T A)^-1."""
    rng = np.random.default_rng(seed)
    u = rng.normal(size=(num, NUM_PARAMETERS))
    return Simulations(u, u @ DESIGN.T + rng.normal(size=(num, NUM_SUMMARIES)))


def exact_mean(summary):
    """Return the posterior mean at each summary."""
    return summary @ DESIGN @ COVARIANCE


def ensemble_draws(method: Method, estimator: Trained, summaries, num_draws: int) -> np.ndarray:
    """Return (observation, draw, parameter): the draws of all seeds together."""
    keys = jax.random.split(jax.random.key(5), len(summaries))
    draws = method.sample(keys, estimator, jnp.asarray(summaries, jnp.float32), num_draws // estimator.num_seeds)
    return np.asarray(draws.values).reshape(len(summaries), -1, NUM_PARAMETERS)


def failures(method: Method, estimator: Trained, num_observations: int = NUM_OBSERVATIONS) -> list[str]:
    """Return the names of the checks that an estimator of the posterior of `simulate` does not pass."""
    _, summaries, *_ = simulate(1, num_observations)
    whitening = np.linalg.inv(np.linalg.cholesky(COVARIANCE))
    draws = ensemble_draws(method, estimator, summaries, NUM_DRAWS)
    white = (draws - exact_mean(summaries)[:, None]) @ whitening.T
    failed = []
    # The squared shift of a mean of n draws is chi2(p) / n: p / n on average, with variance 2 p / n^2 per observation.
    noise = (NUM_PARAMETERS + 5 * np.sqrt(2 * NUM_PARAMETERS / num_observations)) / NUM_DRAWS
    if not (white.mean(axis=1) ** 2).sum(axis=1).mean() < SHIFT**2 + noise:
        failed.append("mean")
    covariance = np.mean([np.cov(rows.T) for rows in white], axis=0)
    if not np.abs(covariance - np.eye(NUM_PARAMETERS)).max() < 0.1 + 5 * np.sqrt(2 / (NUM_DRAWS * num_observations)):
        failed.append("covariance")
    if not classifier_accuracy(draws[:NUM_CLASSIFIED], summaries[:NUM_CLASSIFIED]) < ACCURACY:
        failed.append("classifier")
    return failed


def classifier_accuracy(draws: np.ndarray, summaries: np.ndarray) -> float:
    """Return the mean accuracy over observations between the draws and as many exact ones."""
    rng = np.random.default_rng(4)
    exact = [rng.multivariate_normal(mean, COVARIANCE, NUM_DRAWS) for mean in exact_mean(summaries)]
    pairs = [(thinning.distinct(ours), theirs) for ours, theirs in zip(draws, exact, strict=True)]
    return np.mean([c2st.c2st(ours, theirs[: len(ours)], seed=0).accuracy for ours, theirs in pairs])


def divergence_fails(log_prob: Callable) -> bool:
    """Return whether log_prob(u, summary) is further from the exact posterior than a shift of `SHIFT` sigma."""
    # E log p - log q is the Kullback-Leibler divergence: a shift of SHIFT sigma costs SHIFT^2 / 2 nats, and a relative
    # error of 10 % of the standard deviations, whose square the covariance check allows, p * 0.01.
    u, summaries, *_ = simulate(2, 4000)
    exact = scipy.stats.multivariate_normal(np.zeros(3), COVARIANCE).logpdf(u - exact_mean(summaries))
    divergence = exact - np.asarray(log_prob(u, summaries))
    return not divergence.mean() < SHIFT**2 / 2 + 0.01 * NUM_PARAMETERS + 5 * divergence.std() / np.sqrt(len(u))
