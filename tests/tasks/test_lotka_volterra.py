"""Lotka-Volterra: its equation is that of another integrator, and its variants are what they say."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate

from fullfield import tasks
from fullfield.tasks import simulate
from fullfield.tasks.lotka_volterra import NOISE, TIMES, populations

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
