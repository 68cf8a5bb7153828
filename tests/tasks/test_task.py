"""Laws that every task of the registry obeys: reproducible, with a score that is one, and consistent densities."""

import functools
import importlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from laws import MAX_PULL, pulls
from small_tasks import SMALL, cases, small_lensing

from fullfield import tasks
from fullfield.tasks import joint_log_density, linear_gaussian, simulate
from fullfield.tasks.task import joint_score, unconstrained_log_density

KEY = jax.random.key(0)
TASKS = {name: constructor() for name, constructor in SMALL.items()}
over_tasks = pytest.mark.parametrize("task", cases(TASKS))
over_regular_tasks = pytest.mark.parametrize(
    "task", cases({name: task for name, task in TASKS.items() if task.regular})
)


@functools.cache
def eight_simulations(name):
    """Simulate from the prior, with all that can be asked for."""
    return simulate(KEY, TASKS[name], 8, score=True, latents=True)


def one_simulation(task, precision=np.float32):
    """Parameters, latents and data of one simulation."""
    simulations = eight_simulations(task.name)
    parts = (simulations.theta, simulations.latents, simulations.x)
    return (None if values is None else np.asarray(values[0], precision) for values in parts)


def test_every_task_of_the_registry_is_tested():
    assert SMALL.keys() == tasks.REGISTRY.keys()
    assert all(name == task.name for name, task in TASKS.items())


def test_unknown_task():
    with pytest.raises(
        ValueError,
        match="task is 'lens'; allowed are gaussian_random_field, lensing, .*, projected_density, two_moons",
    ):
        tasks.make("lens")


@over_tasks
def test_shapes(task):
    simulations = eight_simulations(task.name)
    assert simulations.theta.shape == simulations.score.shape == (8, task.num_parameters)
    assert (simulations.latents is None) == (task.latent_shape is None)
    assert simulations.latents is None or simulations.latents.shape == (8, *task.latent_shape)
    assert task.fiducial.shape == (task.num_parameters,)
    assert np.isfinite(task.prior.log_prob(task.fiducial))
    assert np.isfinite(simulations.x).all()


@over_tasks
def test_same_key_same_data(task):
    whole, again = eight_simulations(task.name), simulate(KEY, task, 8, score=True, latents=True)
    other = simulate(jax.random.key(1), task, 8, score=True, latents=True)
    jax.tree.map(np.testing.assert_array_equal, again, whole)
    assert (whole.theta != other.theta).all()
    assert len(np.unique(np.asarray(whole.theta)[:, 0])) == 8


@over_tasks
def test_a_simulation_depends_on_its_index_alone(task):
    """Whatever else is simulated, and whatever is asked for."""
    whole, part = eight_simulations(task.name), simulate(KEY, task, 6, memory=2**30)
    assert part.score is None
    assert part.latents is None
    for name in ("theta", "x"):
        values = np.asarray(getattr(whole, name))
        # Programs for one and for six simulations at a time may round differently.
        tolerance = 1e-4 * np.abs(values).std()
        np.testing.assert_allclose(getattr(part, name), values[:6], rtol=1e-4, atol=tolerance, err_msg=name)


@over_tasks
def test_parameters_of_another_shape_are_refused(task):
    p = task.num_parameters
    with pytest.raises(ValueError, match=rf"theta has shape \(3, {p}\); \(4, {p}\) is needed"):
        simulate(KEY, task, 4, theta=eight_simulations(task.name).theta[5:])


@over_regular_tasks
def test_score_is_a_finite_difference(task):
    simulated = np.asarray(eight_simulations(task.name).score[0])
    with jax.enable_x64(True):
        theta, z, x = (None if part is None else jnp.asarray(part) for part in one_simulation(task, np.float64))
        conditional = jax.jit(lambda theta: joint_log_density(task, x)(theta, z) - task.prior.log_prob(theta))
        score = np.asarray(jax.jit(lambda theta: joint_score(task, theta, z, x))(theta))
        # Of all the numbers that make a score in single precision, the largest are some hundred times as large.
        np.testing.assert_allclose(simulated, score, rtol=1e-2, atol=1e-3 * np.abs(score).max())
        for p in range(task.num_parameters):
            step = jnp.zeros_like(theta).at[p].set(1e-5)
            difference = (conditional(theta + step) - conditional(theta - step)) / 2e-5
            assert score[p] == pytest.approx(float(difference), rel=1e-5, abs=1e-5)


@over_regular_tasks
def test_score_has_zero_mean_at_the_parameters_of_the_data_only(task):
    num = 500 if task.name in ("lotka_volterra", "projected_density") else 2000  # equations are dear
    theta = jnp.tile(jnp.asarray(task.fiducial), (num, 1))
    simulations = simulate(KEY, task, num, theta=theta, latents=True)
    np.testing.assert_array_equal(simulations.theta, theta)
    assert not simulations.num_invalid.any()
    score = jax.jit(jax.vmap(lambda theta, z, x: joint_score(task, theta, z, x)))
    assert np.abs(pulls(score(theta, simulations.latents, simulations.x), 0.0)).max() < MAX_PULL
    elsewhere = theta * 1.05 + 0.1 * task.prior.scale
    assert np.abs(pulls(score(elsewhere, simulations.latents, simulations.x), 0.0)).max() > MAX_PULL


@over_tasks
def test_sampling_density_is_the_joint_density_in_other_coordinates(task):
    """Log p(u, w, x) = log p(theta, z, x) + log |d (theta, z) / d (u, w)|, the Jacobian taken as a whole."""
    _, z, x = one_simulation(task, np.float64)
    if task.name == "lensing":
        task, z, x = small_lensing(num_pixels=4), z[:, :4, :4], x[:, :4, :4]
    p, shape = task.num_parameters, () if z is None else z.shape
    with jax.enable_x64(True):
        x = jnp.asarray(x)
        transform = task.coordinates(x) if task.coordinates else lambda theta, w: (w, 0.0)

        def latents(position):
            return () if z is None else (position[p:].reshape(shape),)

        def to_natural(position):
            theta = task.prior.to_constrained(position[:p])
            moved = [transform(theta, w)[0].ravel() for w in latents(position)]
            natural = jnp.concatenate([theta, *moved])
            return natural, natural

        position = jax.random.normal(jax.random.key(3), (p + (0 if z is None else z.size),), jnp.float64)
        jacobian, natural = jax.jit(jax.jacfwd(to_natural, has_aux=True))(position)
        joint = jax.jit(joint_log_density(task, x))(natural[:p], *latents(natural))
        value = jax.jit(unconstrained_log_density(task, x))(position[:p], *latents(position))
        # The truncated masses of the prior are stored in float32.
        assert value == pytest.approx(float(joint) + np.linalg.slogdet(jacobian)[1], rel=1e-6)


@over_tasks
def test_sampling_density_has_finite_gradients_at_extreme_parameters(task):
    _, z, x = one_simulation(task)
    arguments = (0,) if z is None else (0, 1)
    gradient = jax.jit(jax.grad(unconstrained_log_density(task, x), argnums=arguments))
    for extreme in (-5.0, 5.0):
        u = jnp.zeros(task.num_parameters).at[-1].set(extreme)
        assert all(np.isfinite(part).all() for part in gradient(*(u, z)[: len(arguments)]))


def test_linear_gaussian_density_is_the_one_of_scipy():
    task = TASKS["linear_gaussian"]
    theta, z, x = one_simulation(task)
    mean = linear_gaussian_mean(theta, z)
    logpdf = scipy.stats.norm.logpdf
    expected = logpdf(theta).sum() + logpdf(z).sum() + logpdf(x, mean, 0.5).sum()
    assert joint_log_density(task, x)(theta, z) == pytest.approx(expected, rel=1e-5)


def linear_gaussian_mean(theta, z):
    position = np.linspace(0, 1, 8)
    columns = [np.cos(np.pi * order * position) / np.sqrt(1 + order) for order in range(3)]
    return np.stack(columns, 1) @ theta + 0.3 * (z - np.append(z[1:], 0.0))


def test_linear_gaussian_posterior_is_that_of_the_joint_normal_law():
    """Condition the covariance of many simulated (theta, x) on x."""
    simulations = simulate(KEY, TASKS["linear_gaussian"], 40_000)
    joint = np.cov(np.hstack([simulations.theta, simulations.x]).astype(float).T)
    weights = np.linalg.solve(joint[3:, 3:], joint[3:, :3]).T
    x = np.asarray(simulations.x[0], float)
    mean, covariance = importlib.import_module("fullfield.tasks.linear_gaussian").posterior(x)
    # Entries of a regression on 40 000 rows are known to about 1 / 200 of the residual's width, times |x|.
    tolerance = 5 * np.linalg.norm(x) / np.sqrt(40_000)
    np.testing.assert_allclose(mean, weights @ x, atol=tolerance)
    np.testing.assert_allclose(covariance, joint[:3, :3] - weights @ joint[3:, :3], atol=5 / np.sqrt(40_000))


def test_linear_gaussian_constructor_is_the_registered_one():
    assert tasks.REGISTRY["linear_gaussian"] is linear_gaussian
