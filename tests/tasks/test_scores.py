"""Scores that see the latents: unbiased, less noisy, and exact where the model is linear and Gaussian."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from laws import MAX_PULL, pulls
from small_tasks import SMALL

from fullfield import tasks
from fullfield.tasks import joint_log_density, scores, simulate
from fullfield.tasks.linear_gaussian import design_matrix, mixing_matrix

KEY = jax.random.key(0)
WITH_LATENTS = ("linear_gaussian", "lotka_volterra", "noise_scale")


@functools.cache
def small(name):
    return SMALL[name]()


@functools.cache
def at_fiducial(name, num=2000):
    """Return (theta, z, x) of simulations at one point."""
    theta = jnp.tile(jnp.asarray(small(name).fiducial), (num, 1))
    simulations = simulate(KEY, small(name), num, theta=theta, latents=True)
    return simulations.theta, simulations.latents, simulations.x


@functools.cache
def evaluator(kind, name):
    return jax.jit(jax.vmap(scores.SCORES[kind](small(name))))


def evaluate(kind, name, simulations):
    return np.asarray(evaluator(kind, name)(*simulations), np.float64)


# Solving a differential equation takes a while.
NUM = {"linear_gaussian": 2000, "lotka_volterra": 200, "noise_scale": 2000}
FOR_ALL = ("joint", "control_variate", "marginal")


CASES = [(name, kind) for name in WITH_LATENTS for kind in FOR_ALL if (name, kind) != ("lotka_volterra", "marginal")]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_mean_score_is_zero_at_the_parameters_of_the_data(name, kind):
    assert np.abs(pulls(evaluate(kind, name, at_fiducial(name, NUM[name])), 0.0)).max() < MAX_PULL


@pytest.mark.parametrize("name", WITH_LATENTS)
def test_mean_score_of_the_latents_is_zero(name):
    """What a control variate rests on."""
    score = jax.jit(jax.vmap(lambda theta, z, x: jax.grad(joint_log_density(small(name), x), 1)(theta, z)))
    assert np.abs(pulls(score(*at_fiducial(name, NUM[name])), 0.0)).max() < MAX_PULL


def test_control_variate_is_the_exact_score_of_a_linear_gaussian_model():
    name = "linear_gaussian"
    theta, z, x = at_fiducial(name, 50)
    matrix, mixing = design_matrix(3, 8), mixing_matrix(8)
    exact = np.linalg.solve(mixing @ mixing.T + 0.25 * np.eye(8), (x - theta @ matrix.T).T).T @ matrix
    for kind in ("control_variate", "marginal"):
        np.testing.assert_allclose(evaluate(kind, name, (theta, z, x)), exact, atol=2e-3)
        assert scores.noise_fraction(evaluate(kind, name, (theta, z, x)), exact) < 1e-6
    assert scores.noise_fraction(evaluate("joint", name, (theta, z, x)), exact) > 0.03


def marginal_of_noise_scale(theta, x):
    """Return d log p(x | theta) / d theta of x ~ N(0, e^theta + 0.25)."""
    variance = np.exp(theta) + 0.25
    return np.exp(theta) / (2 * variance) * ((np.asarray(x) ** 2).sum(1, keepdims=True) / variance - x.shape[1])


@pytest.mark.parametrize("kind", ["joint", "control_variate"])
def test_scores_regress_to_the_marginal_one_and_a_mixture_of_two_does_not(kind):
    """E[(g - marginal score) f(x)] = 0 for every f; here f = 1 and |x|^2."""
    theta, z, x = at_fiducial("noise_scale", 5000)
    exact = marginal_of_noise_scale(np.asarray(theta), x)
    functions = np.stack([np.ones(len(x)), (np.asarray(x) ** 2).sum(1)], axis=1)
    right = (evaluate(kind, "noise_scale", (theta, z, x)) - exact) * functions
    assert np.abs(pulls(right, 0.0)).max() < MAX_PULL

    def mixed(theta, z, x):
        """Hold z fixed in its prior and the white noise fixed in the likelihood."""
        white = z * jnp.exp(-jax.lax.stop_gradient(theta[0]) / 2)

        def density(theta):
            prior = jax.scipy.stats.norm.logpdf(z, scale=jnp.exp(theta[0] / 2)).sum()
            return prior + jax.scipy.stats.norm.logpdf(x, white * jnp.exp(theta[0] / 2), 0.5).sum()

        return jax.grad(density)(theta)

    wrong = (np.asarray(jax.vmap(mixed)(theta, z, x), np.float64) - exact) * functions
    assert np.abs(pulls(wrong, 0.0)).max() > MAX_PULL


def test_control_variate_removes_most_of_the_noise_of_free_populations():
    name = "lotka_volterra"
    simulations = simulate(KEY, small(name), NUM[name], latents=True)
    parts = simulations.theta, simulations.latents, simulations.x
    joint, reduced = (evaluate(kind, name, parts) for kind in ("joint", "control_variate"))
    assert np.isfinite(reduced).all()
    # Heavy tails: medians over simulations.
    assert np.median((reduced**2).sum(1)) < 0.5 * np.median((joint**2).sum(1))


def test_a_task_without_latents_has_no_control_variate():
    with pytest.raises(ValueError, match="task two_moons has no latents: its joint score is the score, without noise"):
        scores.control_variate(tasks.make("two_moons"))


def test_the_marginal_score_does_not_see_the_latents_and_is_the_mean_over_them():
    name = "noise_scale"
    theta, z, x = at_fiducial(name, 200)
    exact = marginal_of_noise_scale(np.asarray(theta), x)
    np.testing.assert_allclose(evaluate("marginal", name, (theta, z, x)), exact, atol=1e-4)
    np.testing.assert_array_equal(
        evaluate("marginal", name, (theta, z, x)), evaluate("marginal", name, (theta, z[::-1], x))
    )


def test_quadrature_says_where_it_is_not_to_be_trusted():
    """It is for a linear-Gaussian model everywhere; not where the data are those of other populations."""
    theta, _, x = at_fiducial("linear_gaussian", 20)
    _, trust = jax.jit(jax.vmap(scores.quadrature(small("linear_gaussian"))))(theta, x)
    np.testing.assert_allclose(trust, 1.0, atol=1e-3)
    name = "lotka_volterra"
    theta, x = (part[:5] for part in at_fiducial(name, NUM[name])[::2])
    quadrature = jax.jit(jax.vmap(scores.quadrature(small(name))))
    trusts = [np.asarray(quadrature(theta, data)[1]) for data in (x, x + 3.0)]
    assert np.median(trusts[0]) > 0.5
    assert (trusts[1] == 0).all()


def test_more_latents_than_points():
    task = tasks.make("linear_gaussian", num_data=20)
    with pytest.raises(ValueError, match="task linear_gaussian has 20 latents; marginal scores are for 16 at most"):
        scores.marginal(task)


def test_a_task_without_whitened_latents():
    with pytest.raises(ValueError, match="task linear_gaussian has no whitened latents"):
        scores.whitened(tasks.make("linear_gaussian"))
