"""Entropies of laws that are known."""

import numpy as np
import pytest
import scipy.stats

from fullfield.metrics.entropy import gaussian_entropy, nearest_neighbour_entropy, posterior_entropy

COUNT, SEEDS = 400, 8
SHAPE = np.array([[1.0, 0.0, 0.0], [2.0, 0.3, 0.0], [-1.0, 0.5, 4.0]])
LAWS = {
    "gaussian": (lambda rng: rng.normal(size=(COUNT, 3)) @ SHAPE.T, gaussian_entropy(SHAPE @ SHAPE.T)),
    "logistic": (lambda rng: rng.logistic(size=(COUNT, 3)) @ SHAPE.T, 6.0 + np.log(np.abs(np.linalg.det(SHAPE)))),
    "log gamma": (
        lambda rng: np.log(rng.gamma(2.0, size=(COUNT, 3))),
        3 * float(scipy.stats.loggamma(2.0).entropy()),
    ),
}


def test_gaussian_entropy_is_that_of_scipy():
    exact = scipy.stats.multivariate_normal(cov=SHAPE @ SHAPE.T).entropy()
    assert gaussian_entropy(SHAPE @ SHAPE.T) == pytest.approx(exact)


@pytest.mark.parametrize("name", LAWS)
def test_entropy_is_found_from_few_draws(name):
    draw, exact = LAWS[name]
    found = np.array([posterior_entropy(draw(np.random.default_rng(seed)), seed=seed) for seed in range(SEEDS)])
    # The mean of eight estimates within four of its own errors, and a bias of 0.06 nats at most.
    assert abs(found.mean() - exact) < 4 * found.std(ddof=1) / np.sqrt(SEEDS) + 0.06
    assert found.std() < 0.15


@pytest.mark.parametrize(("size", "width"), [(3, 0.5), (6, 0.5), (6, 0.3)])
def test_a_curved_law_comes_out_too_large_by_little(size, width):
    exact = size * np.log(2 * np.pi * np.e) / 2 + np.log(width)
    found, gaussian = [], []
    for seed in range(SEEDS):
        draws = np.random.default_rng(seed).normal(size=(300, size))
        draws[:, 1] = width * draws[:, 1] + 0.3 * (draws[:, 0] ** 2 - 1.0)
        found.append(posterior_entropy(draws, seed=seed))
        gaussian.append(gaussian_entropy(np.cov(draws.T)))
    error = np.std(found, ddof=1) / np.sqrt(SEEDS)
    assert -4 * error < np.mean(found) - exact < 0.25 + 4 * error
    # Covariance alone is further off.
    assert np.mean(gaussian) - exact > np.mean(found) - exact + 0.05


def test_a_gaussian_would_be_wrong_where_the_law_is_not():
    draw, exact = LAWS["log gamma"]
    draws = draw(np.random.default_rng(0))
    assert gaussian_entropy(np.cov(draws.T)) - exact > 0.1


def test_repeated_draws_are_refused():
    draws = np.repeat(np.random.default_rng(0).normal(size=(20, 2)), 6, axis=0)
    with pytest.raises(ValueError, match="120 of 120 draws repeat 4 times; thin the chains"):
        nearest_neighbour_entropy(draws)
