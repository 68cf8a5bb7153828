"""NUTS on targets with known moments, and the ledger of its gradients."""

import functools

import arviz
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from laws import MAX_PULL, assert_moments, chain_pulls

from fullfield.samplers import NUTSSettings, nuts, run_chains

NUM_WARMUP, NUM_DRAWS, NUM_CHAINS = 300, 1000, 4
COVARIANCE = np.array([[1.0, 0.6, 0.0], [0.6, 2.0, -0.5], [0.0, -0.5, 0.5]])
MEAN = np.array([1.0, -2.0, 0.5])
BEND = 0.5


def gaussian(u, w):
    """Correlated Gaussian in u, a wider independent one in w."""
    residual = u - MEAN
    precision = np.linalg.inv(COVARIANCE).astype(np.float32)
    return -0.5 * residual @ precision @ residual - 0.5 * jnp.sum((w / 3.0) ** 2)


def banana(u):
    """u_0 ~ N(0, 1), u_1 | u_0 ~ N(b (u_0^2 - 1), 1)."""
    return -0.5 * u[0] ** 2 - 0.5 * (u[1] - BEND * (u[0] ** 2 - 1)) ** 2


@functools.cache
def sample(target):
    starts = {"u": jax.random.normal(jax.random.key(1), (NUM_CHAINS, 3 if target is gaussian else 2))}
    if target is gaussian:
        starts["w"] = jax.random.normal(jax.random.key(2), (NUM_CHAINS, 2))
    return run_chains(
        jax.random.key(0),
        nuts(target, NUTSSettings(NUM_WARMUP)),
        starts,
        num_warmup=NUM_WARMUP,
        num_draws=NUM_DRAWS,
        collect=lambda state: jnp.concatenate(list(state.z.values())),
        chunk=100,
    )


def test_gaussian_target():
    draws = sample(gaussian).draws
    assert draws.shape == (NUM_CHAINS, NUM_DRAWS, 5)
    covariance = np.diag([0.0, 0.0, 0.0, 9.0, 9.0])
    covariance[:3, :3] = COVARIANCE
    mean = np.append(MEAN, [0.0, 0.0])
    assert_moments(draws, mean, covariance)
    # The law can fail: it resolves a shift of a fifth of a standard deviation and a tenth in width.
    for wrong_mean, wrong_covariance in (
        (mean + 0.2 * np.sqrt(covariance.diagonal()), covariance),
        (mean, 1.2 * covariance),
    ):
        with pytest.raises(AssertionError, match="Monte-Carlo errors"):
            assert_moments(draws, wrong_mean, wrong_covariance)


def test_banana_target():
    draws = np.asarray(sample(banana).draws, float)
    covariance = np.diag([1.0, 1.0 + 2 * BEND**2])
    assert_moments(draws, np.zeros(2), covariance)
    straightened = draws - np.stack([0 * draws[..., 0], BEND * (draws[..., 0] ** 2 - 1)], axis=-1)
    assert_moments(straightened, np.zeros(2), np.eye(2))
    # The bend itself, E[u_1; |u_0| < 1] = b (E[u_0^2; |u_0| < 1] - P(|u_0| < 1)) = -2 b phi(1).
    inner = np.where(np.abs(draws[..., 0]) < 1, draws[..., 1], 0.0)[..., None]
    assert np.abs(chain_pulls(inner, -2 * BEND * scipy.stats.norm.pdf(1.0))) < MAX_PULL
    assert np.abs(chain_pulls(inner, 0.0)) > MAX_PULL


@pytest.mark.parametrize("target", [gaussian, banana])
def test_chains_agree_and_keep_the_step_size_of_the_warm_up(target):
    chains = sample(target)
    assert arviz.rhat(arviz.convert_to_dataset({"u": np.asarray(chains.draws)}))["u"].max() < 1.01
    # The averaged step size of a short warm-up is cautious: it accepts at least what was asked for, not everything.
    assert 0.75 < chains.info.acceptance[:, NUM_WARMUP:].mean() < 0.97
    assert chains.info.diverging[:, NUM_WARMUP:].mean() < 0.01
    assert (chains.info.step_size[:, NUM_WARMUP:] == chains.info.step_size[:, -1:]).all()


@pytest.mark.parametrize("target", [gaussian, banana])
def test_ledger_counts_the_warm_up(target):
    chains = sample(target)
    assert chains.info.num_gradients.shape == (NUM_CHAINS, NUM_WARMUP + NUM_DRAWS)
    assert (chains.info.num_gradients >= 1).all()
    assert (chains.info.num_gradients <= 2**6 - 1).all()
    assert chains.num_gradients == chains.info.num_gradients.sum() > chains.info.num_gradients[:, NUM_WARMUP:].sum()


def test_ledger_is_the_number_of_gradients_taken():
    """A log density that counts the calls of its own gradient."""
    taken = []

    @jax.custom_vjp
    def counted(u):
        return -0.5 * jnp.sum(u**2)

    def backward(u, cotangent):
        jax.debug.callback(lambda: taken.append(1))
        return (-u * cotangent,)

    counted.defvjp(lambda u: (counted(u), u), backward)
    chains = run_chains(
        jax.random.key(0),
        nuts(counted, NUTSSettings(20, max_tree_depth=4)),
        {"u": jnp.ones((1, 2))},
        num_warmup=20,
        num_draws=10,
        collect=lambda state: state.z["u"],
        chunk=10,
    )
    jax.effects_barrier()
    # One more at the starting point of the chain.
    assert len(taken) == chains.num_gradients + 1


def test_tree_depth_limits_the_cost_of_a_draw():
    chains = run_chains(
        jax.random.key(0),
        nuts(lambda u: -0.5 * jnp.sum((u / np.array([1.0, 100.0])) ** 2), NUTSSettings(0, max_tree_depth=2)),
        {"u": jnp.ones((2, 2))},
        num_warmup=0,
        num_draws=20,
        collect=lambda state: state.z["u"],
        chunk=20,
    )
    assert chains.info.num_gradients.max() <= 3
