"""Chains of one target that share their metric: exact moments, both peaks of a mixture, observations side by side."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from laws import assert_moments
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

from fullfield.samplers.pooled_hmc import PooledHMC, sample_pooled

DESIGN = np.diag([20.0, 3.0, 0.1]) @ np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
COVARIANCE = np.linalg.inv(np.eye(3) + DESIGN.T @ DESIGN)
SETTINGS = PooledHMC(num_draws=1000)


def log_likelihood(u, x):
    return -jnp.sum((x - jnp.asarray(DESIGN, jnp.float32) @ u) ** 2) / 2


@pytest.fixture(scope="module")
def observations():
    rng = np.random.default_rng(1)
    return jnp.asarray(rng.normal(size=(3, 3)) @ DESIGN.T + rng.normal(size=(3, 3)), jnp.float32)


@jax.jit
@jax.vmap
def sample(key, x):
    return sample_pooled(key, lambda u: log_likelihood(u, x), 3, SETTINGS)


@pytest.fixture(scope="module")
def chains(observations):
    return sample(jax.random.split(jax.random.key(0), 3), observations)


def test_moments_are_those_of_the_posterior_and_chains_agree(observations, chains):
    assert chains.draws.shape == (3, 4, 1000, 3)
    for draws, x in zip(chains.draws, observations, strict=True):
        assert_moments(draws, np.asarray(x) @ DESIGN @ COVARIANCE, COVARIANCE)
    together = np.moveaxis(np.asarray(chains.draws, float), (1, 2), (0, 1))
    assert split_gelman_rubin(together).max() < 1.01
    # Scales of a factor 200 cost nothing once they are learned.
    assert effective_sample_size(together).min() > 1000
    assert ((chains.acceptance > 0.6) & (chains.acceptance < 0.97)).all()


def test_rejected_states_are_kept():
    """Where the likelihood ends, a proposal beyond it is refused and the state repeated."""

    def half(u):
        return jnp.where(u[0] > 0, 0.0, -jnp.inf)

    draws = np.asarray(jax.jit(lambda key: sample_pooled(key, half, 1, SETTINGS).draws)(jax.random.key(1)))
    assert (draws > 0).all()
    repeated = (np.diff(draws[..., 0], axis=1) == 0).mean()
    assert 0.01 < repeated < 0.6
    mean = np.sqrt(2 / np.pi)
    assert_moments(draws, np.array([mean]), np.array([[1 - mean**2]]))


def test_starts_find_both_peaks_of_a_mixture():
    def peaks(u):
        return jnp.logaddexp(-((u[0] - 1.5) ** 2), -((u[0] + 1.5) ** 2)) * 40

    short = jax.jit(jax.vmap(lambda key: sample_pooled(key, peaks, 1, PooledHMC(num_draws=20)).draws))
    draws = np.asarray(short(jax.random.split(jax.random.key(2), 50)))
    share = (draws[..., 0] > 0).mean()
    assert abs(share - 0.5) < 4 * 0.5 / np.sqrt(200)


def test_observations_do_not_depend_on_each_other(observations, chains):
    others = observations.at[jnp.array([0, 2])].add(0.5)
    again = sample(jax.random.split(jax.random.key(0), 3), others)
    np.testing.assert_array_equal(again.draws[1], chains.draws[1])
    assert (again.draws[0] != chains.draws[0]).any()
