"""Two moons, whose posterior is known: its data and its exact draws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from fullfield import tasks
from fullfield.tasks import simulate
from fullfield.tasks.two_moons import Crescent, sample_posterior

KEY = jax.random.key(0)


def test_crescent_integrates_to_one_and_is_drawn_from():
    law = Crescent(jnp.zeros(2))
    draws = np.asarray(law.sample(KEY, (4000,)))
    angle, radius = np.arctan2(draws[:, 1], draws[:, 0] - 0.25), np.hypot(draws[:, 0] - 0.25, draws[:, 1])
    assert scipy.stats.kstest(angle, scipy.stats.uniform(-np.pi / 2, np.pi).cdf).pvalue > 1e-3
    assert scipy.stats.kstest(radius, scipy.stats.norm(0.1, 0.01).cdf).pvalue > 1e-3
    x, y = np.meshgrid(np.linspace(0.2, 0.45, 800), np.linspace(-0.2, 0.2, 800), indexing="ij")
    density = np.exp(np.asarray(law.log_prob(jnp.stack([x, y], -1))))
    assert density.sum() * (x[1, 0] - x[0, 0]) * (y[0, 1] - y[0, 0]) == pytest.approx(1.0, abs=2e-3)


def test_draws_from_two_moons_are_those_of_the_grid():
    task = tasks.make("two_moons")
    x = simulate(KEY, task, 1, theta=jnp.asarray([[0.6, 0.1]])).x[0]
    draws = sample_posterior(jax.random.key(1), x, 4000)
    assert draws.shape == (4000, 2)
    edges = np.linspace(-1, 1, 1201)
    centres = (edges[1:] + edges[:-1]) / 2
    grid = np.stack(np.meshgrid(centres, centres, indexing="ij"), -1).reshape(-1, 2)

    def log_density(theta):
        shift = jnp.stack([-jnp.abs(theta.sum()), theta[1] - theta[0]]) / np.sqrt(2)
        return Crescent(shift).log_prob(x)

    mass = np.exp(np.asarray(jax.vmap(log_density)(jnp.asarray(grid, jnp.float32)), float)).reshape(1200, 1200)
    for axis in (0, 1):
        cumulative = np.cumsum(mass.sum(axis=1 - axis)) / mass.sum()
        pvalue = scipy.stats.kstest(draws[:, axis], lambda t, c=cumulative: np.interp(t, edges[1:], c)).pvalue
        assert pvalue > 1e-3


def test_data_that_no_parameters_give_have_no_draws():
    with pytest.raises(ValueError, match=r"no parameters inside the prior give x = \[5.0, 0.0\]"):
        sample_posterior(KEY, np.array([5.0, 0.0]), 10)
