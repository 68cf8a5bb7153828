"""Posterior estimators by the workflow's budget, and their draws in the coordinates of the prior."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from fullfield.inference.method import Draws, Method, Simulations, find
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
NPE = find("npe")


@pytest.fixture(scope="module")
def simulations():
    rng = np.random.default_rng(0)
    u = rng.normal(size=(4000, 2)).astype(np.float32)
    return Simulations(u, (u + NOISE * rng.normal(size=u.shape)).astype(np.float32))


@pytest.fixture(scope="module")
def estimator(simulations):
    trained, history = estimation.train_estimator(NPE, simulations, "npe_vmim", 0, BUDGET)
    assert set(history["seed"]) == {0, 1}
    return trained


def test_draws_follow_the_exact_posterior_and_stay_in_the_prior(estimator):
    summary = np.array([0.8, 0.9], np.float32)
    draws = estimation.sample_posterior(jax.random.key(0), NPE, estimator, PRIOR, summary, 4000).theta
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
    draws = estimation.sample_many(jax.random.key(0), NPE, estimator, PRIOR, summaries, 1001).theta
    assert draws.shape == (3, 1001, 2)
    gain = 1.0 / (1.0 + NOISE**2)
    np.testing.assert_allclose(draws[:, :, 0].mean(1), gain * summaries[:, 0], atol=0.3 * NOISE)


def test_seeds_and_names_give_different_networks(simulations):
    budget = {**BUDGET, "num_steps": 10, "seeds": [3]}
    few = Simulations(simulations.u[:300], simulations.summary[:300])

    def weights(name, seeds, seed=0):
        trained, _ = estimation.train_estimator(NPE, few, name, seed, {**budget, "seeds": seeds})
        return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(trained.params["weights"])])

    first = weights("npe_vmim", [3])
    np.testing.assert_array_equal(weights("npe_vmim", [3]), first)
    for other in (weights("npe_mse", [3]), weights("npe_vmim", [4]), weights("npe_vmim", [3], seed=1)):
        assert not np.array_equal(other, first)


# --- any method ------------------------------------------------------------------------------------------------------


class Cloud(NamedTuple):
    """All u that were learned from, whatever the summary."""

    u: np.ndarray
    num_seeds: int = 2

    def select(self, seeds):
        return self._replace(num_seeds=len(range(self.num_seeds)[seeds]))


def sample_cloud(keys, estimator, summaries, num_draws, transform=lambda u: u):
    rows = np.arange(estimator.num_seeds * num_draws) % len(estimator.u)
    u = jnp.asarray(estimator.u[rows]).reshape(estimator.num_seeds, num_draws, -1)
    several = jnp.ndim(summaries) == 2
    values = jnp.stack([transform(u) for _ in summaries]) if several else transform(u)
    observations = range(len(summaries)) if several else [0]
    rows = [{"observation": one, "seed": 0, "parameter": 0, "rhat": 1.0, "ess": 50.0} for one in observations]
    return Draws(values, pd.DataFrame(rows))


def test_a_method_that_samples_by_chains_hands_on_its_convergence(simulations):
    def fit(keys, simulations, settings, *, resume):
        return Cloud(simulations.u, len(keys)), pd.DataFrame({"settings": [settings]})

    chains = Method(lambda budget: budget["num_hidden"], fit, sample_cloud, None, None)
    estimator, history = estimation.train_estimator(chains, simulations, "chains_vmim", 0, BUDGET)
    assert list(history["settings"]) == [BUDGET["num_hidden"]]
    one = estimation.sample_posterior(jax.random.key(0), chains, estimator, PRIOR, simulations.summary[0], 30)
    np.testing.assert_allclose(
        one.theta.reshape(-1, 2), PRIOR.to_constrained(jnp.asarray(simulations.u[:60])), rtol=1e-6
    )
    assert one.attrs() == {"convergence": [{"observation": 0, "seed": 0, "parameter": 0, "rhat": 1.0, "ess": 50.0}]}
    many = estimation.sample_many(jax.random.key(0), chains, estimator, PRIOR, simulations.summary[:3], 31)
    assert many.theta.shape == (3, 31, 2)
    assert [row["observation"] for row in many.attrs()["convergence"]] == [0, 1, 2]


def test_independent_draws_need_no_convergence(estimator):
    one = estimation.sample_posterior(jax.random.key(0), NPE, estimator, PRIOR, np.zeros(2, np.float32), 30)
    assert (one.convergence, one.attrs()) == (None, {})


def test_draws_of_chains_that_have_not_converged_are_refused():
    table = pd.DataFrame({"observation": [0, 1], "seed": 0, "parameter": 0, "rhat": [1.0, 1.3], "ess": [500.0, 40.0]})
    posterior = estimation.Posterior(np.zeros((2, 10, 1)), table)
    posterior.require_converged(1.02, 100, share=0.5)
    posterior._replace(convergence=None).require_converged(1.02, 100)
    sentence = (
        r"the chains of 1 of 2 posteriors .* largest R-hat 1.300 \(allowed: 1.02\), smallest ESS 40 \(needed: 100\)"
    )
    with pytest.raises(ValueError, match=sentence):
        posterior.require_converged(1.02, 100)
    undefined = posterior._replace(convergence=table.assign(rhat=np.nan))
    with pytest.raises(ValueError, match="the chains of 2 of 2 posteriors"):
        undefined.require_converged(1.02, 1, share=0.5)
