"""Every sampler on targets with known moments, and the ledger of its gradients."""

import functools

import arviz
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from laws import MAX_PULL, assert_moments, chain_pulls

from fullfield.samplers import MAMSSettings, NUTSSettings, Plan, SplitHMCSettings, mams, nuts, run_chains, split_hmc
from fullfield.samplers.split_hmc import Moving, trajectory

NUM_WARMUP, NUM_DRAWS, NUM_CHAINS = 300, 1000, 4
COVARIANCE = np.array([[1.0, 0.6, 0.0], [0.6, 2.0, -0.5], [0.0, -0.5, 0.5]])
MEAN = np.array([1.0, -2.0, 0.5])
BEND = 0.5


SAMPLERS = {
    "nuts": lambda density, num_warmup: nuts(density, NUTSSettings(num_warmup, mass="diagonal")),
    "split_hmc": lambda density, num_warmup: split_hmc(density, SplitHMCSettings(num_warmup)),
    "mams": lambda density, num_warmup: mams(density, MAMSSettings(num_warmup)),
}


def gaussian(position, data=None):
    """Correlated Gaussian in u, a wider independent one in w."""
    residual = position["u"] - MEAN
    precision = np.linalg.inv(COVARIANCE).astype(np.float32)
    return -0.5 * residual @ precision @ residual - 0.5 * jnp.sum((position["w"] / 1.5) ** 2)


def banana(position, data=None):
    """u_0 ~ N(0, 1), u_1 | u_0 ~ N(b (u_0^2 - 1), 1)."""
    u = position["u"]
    return -0.5 * u[0] ** 2 - 0.5 * (u[1] - BEND * (u[0] ** 2 - 1)) ** 2


@functools.cache
def sample(target, sampler):
    starts = {"u": jax.random.normal(jax.random.key(1), (NUM_CHAINS, 3 if target is gaussian else 2))}
    if target is gaussian:
        starts["w"] = jax.random.normal(jax.random.key(2), (NUM_CHAINS, 2))
    return run_chains(
        jax.random.key(0),
        SAMPLERS[sampler](target, NUM_WARMUP),
        starts,
        Plan(NUM_WARMUP, NUM_DRAWS, collect=lambda position, data: jnp.concatenate(list(position.values())), chunk=100),
    )


both_targets = pytest.mark.parametrize("target", [gaussian, banana])
every_sampler = pytest.mark.parametrize("sampler", SAMPLERS)


@every_sampler
def test_gaussian_target(sampler):
    draws = sample(gaussian, sampler).draws
    assert draws.shape == (NUM_CHAINS, NUM_DRAWS, 5)
    covariance = np.diag([0.0, 0.0, 0.0, 2.25, 2.25])
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


@every_sampler
def test_banana_target(sampler):
    draws = np.asarray(sample(banana, sampler).draws, float)
    covariance = np.diag([1.0, 1.0 + 2 * BEND**2])
    assert_moments(draws, np.zeros(2), covariance)
    straightened = draws - np.stack([0 * draws[..., 0], BEND * (draws[..., 0] ** 2 - 1)], axis=-1)
    assert_moments(straightened, np.zeros(2), np.eye(2))
    # The bend itself, E[u_1; |u_0| < 1] = b (E[u_0^2; |u_0| < 1] - P(|u_0| < 1)) = -2 b phi(1).
    inner = np.where(np.abs(draws[..., 0]) < 1, draws[..., 1], 0.0)[..., None]
    assert np.abs(chain_pulls(inner, -2 * BEND * scipy.stats.norm.pdf(1.0))) < MAX_PULL
    assert np.abs(chain_pulls(inner, 0.0)) > MAX_PULL


@both_targets
@every_sampler
def test_chains_agree_and_adaptation_ends_with_the_warm_up(target, sampler):
    chains = sample(target, sampler)
    assert arviz.rhat(arviz.convert_to_dataset({"u": np.asarray(chains.draws)}))["u"].max() < 1.01
    # The averaged step size of a short warm-up is cautious: it accepts at least what was asked for, not everything.
    assert 0.75 < chains.info.acceptance[:, NUM_WARMUP:].mean() < 0.99
    assert chains.info.diverging[:, NUM_WARMUP:].mean() < 0.01
    sizes = chains.info.step_size[:, NUM_WARMUP:]
    if sampler == "split_hmc":
        # Rotations fit the trajectory: at most the adapted angle, which longest trajectories come close to.
        assert sizes.max() <= 1.5 * np.median(sizes)
    else:
        assert (sizes == sizes[:, -1:]).all()


@both_targets
@every_sampler
def test_ledger_counts_the_warm_up(target, sampler):
    chains = sample(target, sampler)
    spent = chains.gradients_spent()
    assert chains.info.num_gradients.shape == spent.shape == (NUM_CHAINS, NUM_WARMUP + NUM_DRAWS)
    assert (chains.info.num_gradients >= 1).all()
    assert (chains.info.num_gradients <= 80).all()
    assert (np.diff(spent) == chains.info.num_gradients[:, 1:]).all()
    assert chains.num_gradients == chains.info.num_gradients.sum() + NUM_CHAINS == spent[:, -1].sum()


@every_sampler
def test_ledger_is_the_number_of_gradients_taken(sampler):
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
        SAMPLERS[sampler](lambda u, data: counted(u), 20),
        jnp.ones((1, 2)),
        Plan(20, 10, collect=lambda u, data: u, chunk=10),
    )
    jax.effects_barrier()
    assert len(taken) == chains.num_gradients


def test_tree_depth_limits_the_cost_of_a_draw():
    chains = run_chains(
        jax.random.key(0),
        nuts(lambda u, data: -0.5 * jnp.sum((u / np.array([1.0, 100.0])) ** 2), NUTSSettings(0, max_tree_depth=2)),
        jnp.ones((2, 2)),
        Plan(0, 20, collect=lambda u, data: u, chunk=20),
    )
    assert chains.info.num_gradients.max() <= 3


def test_unknown_mass_matrix():
    with pytest.raises(ValueError, match="mass is 'full'; allowed: identity, diagonal, dense"):
        NUTSSettings(10, mass="full")


# --- split HMC -------------------------------------------------------------------------------------------------------


def steps(log_density, num_draws, **settings):
    return run_chains(
        jax.random.key(3),
        split_hmc(log_density, SplitHMCSettings(0, **settings)),
        jax.random.normal(jax.random.key(4), (2, 1000)),
        Plan(0, num_draws, collect=lambda q, data: q[:3], chunk=num_draws),
    )


def test_white_noise_is_sampled_without_error_in_any_dimension():
    """On N(0, I) the rotation is the whole motion: every step is accepted, whatever its length."""
    chains = steps(lambda q, data: -0.5 * jnp.sum(q**2), 20)
    assert chains.info.acceptance.min() > 0.999


def test_a_trajectory_is_reversible():
    """Forward, flip the momentum, back: rounding apart, the start."""

    def potential_and_gradient(q):
        return jax.value_and_grad(lambda q: 0.5 * jnp.sum(q["u"] ** 2) + 0.2 * jnp.sum(q["u"] ** 4))(q)

    def run(position, momentum):
        start = Moving(position, momentum, *potential_and_gradient(position))
        return trajectory(potential_and_gradient, start, jnp.float32(0.1), jnp.array(20))

    def distance(moving):
        return max(jnp.abs(moving[0]["u"] - start["u"]).max(), jnp.abs(moving[1]["u"] + kicked["u"]).max())

    start, kicked = ({"u": jax.random.normal(jax.random.key(index), (50,))} for index in range(2))
    end = run(start, kicked)
    assert distance(end) > 1.0
    back = run(end.position, jax.tree.map(jnp.negative, end.momentum))
    assert distance(back) < 1e-4
    # Without the flip it goes on.
    assert distance(run(end.position, end.momentum)) > 1.0


def test_the_integrator_is_of_second_order():
    """The energy error of small steps is of second order: a quarter at half the step size."""
    errors = []
    for scale in (1.0, 0.5):
        chains = steps(
            lambda q, data: -0.5 * jnp.sum(q**2) - 0.2 * jnp.sum(q**4), 40, step_scale=scale, max_gradients=60
        )
        errors.append(np.mean(1.0 - np.asarray(chains.info.acceptance)))
    assert errors[0] > 0.05
    # E[1 - acceptance] goes as the standard deviation of the error, which goes as the square of the step size.
    assert errors[1] < errors[0] / 2.5


def test_half_the_adapted_step_size_takes_twice_the_gradients():
    def log_density(q, data):
        return -0.5 * jnp.sum(q**2) - 0.2 * jnp.sum(q**4)

    chains = [
        run_chains(
            jax.random.key(3),
            split_hmc(log_density, SplitHMCSettings(100, step_scale=scale, max_gradients=100)),
            jax.random.normal(jax.random.key(4), (2, 200)),
            Plan(100, 100, collect=lambda q, data: q[:3]),
        )
        for scale in (1.0, 0.5)
    ]
    assert (chains[0].info.num_gradients[:, :100] == chains[1].info.num_gradients[:, :100]).all()
    whole, half = (one.info.num_gradients[:, 100:].mean() for one in chains)
    assert half / whole == pytest.approx(2.0, rel=0.1)
    assert chains[1].info.acceptance[:, 100:].mean() > chains[0].info.acceptance[:, 100:].mean() + 0.03


def test_steps_of_a_trajectory_are_limited():
    chains = steps(lambda q, data: -0.5 * jnp.sum(q**2), 20, max_gradients=4)
    assert chains.info.num_gradients.max() <= 4
    np.testing.assert_array_less(chains.info.step_size, 0.2 * 1.0001)


def test_a_density_that_is_not_finite_is_never_entered():
    chains = steps(lambda q, data: jnp.where(q[0] > 0.5, jnp.nan, -0.5 * jnp.sum(q**2)), 200)
    inside = chains.draws[..., 0] <= 0.5
    entered = np.maximum.accumulate(inside, axis=1)
    assert (inside | ~entered).all()
    assert chains.info.diverging.any()
