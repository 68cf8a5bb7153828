"""Posterior estimators by the workflow's budget, and their draws in the coordinates of the prior."""

import jax
import numpy as np
import pytest

from fullfield.pipeline import estimation
from fullfield.tasks import ProductPrior, TruncatedNormal

PRIOR = ProductPrior((TruncatedNormal(0.0, 1.0), TruncatedNormal(1.0, 1.0, 0.0, 1.5)))
BUDGET = {
    "seeds": [3, 7],
    "num_steps": 600,
    "batch_size": 128,
    "learning_rate": 3e-3,
    "patience": 10,
    "num_layers": 2,
    "num_hidden": 16,
    "weight_decay": 0.01,
}
NOISE = 0.5


@pytest.fixture(scope="module")
def simulations():
    rng = np.random.default_rng(0)
    u = rng.normal(size=(4000, 2)).astype(np.float32)
    return u, (u + NOISE * rng.normal(size=u.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def estimator(simulations):
    trained, history = estimation.train_estimator(*simulations, "npe_vmim", 0, BUDGET)
    assert set(history["seed"]) == {0, 1}
    return trained


def test_draws_follow_the_exact_posterior_and_stay_in_the_prior(estimator):
    summary = np.array([0.8, 0.9], np.float32)
    draws = estimation.sample_posterior(jax.random.key(0), estimator, PRIOR, summary, 4000)
    assert draws.shape == (2, 4000, 2)
    assert draws[..., 1].min() >= 0.0
    assert draws[..., 1].max() <= 1.5
    gain = 1.0 / (1.0 + NOISE**2)
    sigma = NOISE * np.sqrt(gain)
    # The first parameter is u itself: u | s ~ N(gain s, sigma^2).
    np.testing.assert_allclose(draws[..., 0].mean(1), gain * summary[0], atol=0.3 * sigma)
    np.testing.assert_allclose(draws[..., 0].std(1), sigma, rtol=0.2)


def test_draws_of_many_observations_mix_the_seeds(estimator):
    summaries = np.array([[0.8, 0.9], [-1.0, 0.0], [0.0, 0.0]], np.float32)
    draws = estimation.sample_many(jax.random.key(0), estimator, PRIOR, summaries, 1001)
    assert draws.shape == (3, 1001, 2)
    gain = 1.0 / (1.0 + NOISE**2)
    np.testing.assert_allclose(draws[:, :, 0].mean(1), gain * summaries[:, 0], atol=0.3 * NOISE)


def test_seeds_and_names_give_different_networks(simulations):
    budget = {**BUDGET, "num_steps": 10, "seeds": [3]}
    u, summary = (values[:300] for values in simulations)

    def weights(name, seeds, seed=0):
        trained, _ = estimation.train_estimator(u, summary, name, seed, {**budget, "seeds": seeds})
        return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(trained.params["flow"])])

    first = weights("npe_vmim", [3])
    np.testing.assert_array_equal(weights("npe_vmim", [3]), first)
    for other in (weights("npe_mse", [3]), weights("npe_vmim", [4]), weights("npe_vmim", [3], seed=1)):
        assert not np.array_equal(other, first)
