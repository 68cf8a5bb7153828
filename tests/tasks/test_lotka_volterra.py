"""Lotka-Volterra: its equation is that of another integrator, and its variants are what they say."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate

from fullfield import tasks
from fullfield.tasks import simulate
from fullfield.tasks.lotka_volterra import INITIAL, NOISE, NUM_STEPS, TIMES, populations

KEY = jax.random.key(0)


@pytest.mark.parametrize("start", [(10.0, 1.0), (30.0, 1.0)])
def test_populations_are_those_of_another_integrator(start):
    theta = np.array([-0.125, -3.0, -0.125, -3.0]) + np.array([0.3, -0.4, 0.2, 0.5])
    alpha, beta, gamma, delta = np.exp(theta)
    exact = scipy.integrate.solve_ivp(
        lambda _, y: [(alpha - beta * y[1]) * y[0], (delta * y[0] - gamma) * y[1]],
        (0.0, TIMES[-1]),
        start,
        t_eval=TIMES,
        rtol=1e-10,
        atol=1e-12,
    )
    state, is_finite = jax.jit(populations)(jnp.asarray(theta, jnp.float32), jnp.log(jnp.asarray(start)))
    assert is_finite
    np.testing.assert_allclose(state, np.log(exact.y.T), atol=NOISE / 50)


@pytest.mark.parametrize(("initial", "latent_shape", "prey"), [("free", (2,), 3.0), ("sbibm", None, 30.0)])
def test_variants_start_where_they_say(initial, latent_shape, prey):
    task = tasks.make("lotka_volterra", initial=initial)
    assert task.latent_shape == latent_shape
    simulations = simulate(KEY, task, 200)
    assert not simulations.num_invalid.any()
    scatter = np.hypot(NOISE, 0.5 if latent_shape else 0.0)
    assert abs(np.asarray(simulations.x)[:, 0].mean() - np.log(prey)) < 5 * scatter / np.sqrt(200)


def test_a_start_that_is_not_known():
    with pytest.raises(ValueError, match="initial is 'open'; allowed: free, fixed, sbibm"):
        tasks.make("lotka_volterra", initial="open")


@pytest.mark.parametrize("initial", ["free", "sbibm"])
def test_equal_steps_are_accurate_over_the_prior(initial):
    """Against eight times as many steps in double precision; the noise of the data is 0.1."""
    task = tasks.make("lotka_volterra", initial=initial)
    theta = np.asarray(task.prior.sample(KEY, (300,)))
    start = np.log(3.0) + 0.5 * np.asarray(jax.random.normal(jax.random.key(1), (300, 2)))
    if initial != "free":
        start = np.broadcast_to(np.log(INITIAL[initial]), (300, 2))
    found = jax.jit(jax.vmap(lambda *one: populations(*one)[0]))(jnp.asarray(theta), jnp.asarray(start, jnp.float32))
    with jax.enable_x64(True):
        single = functools.partial(populations, num_steps=8 * NUM_STEPS)
        double = jax.jit(jax.vmap(lambda *one: single(*one)[0]))(jnp.asarray(theta, jnp.float64), jnp.asarray(start))
    assert np.abs(np.asarray(found) - np.asarray(double)).max() < 3e-3
