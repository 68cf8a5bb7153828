"""The mixture density: normalised, sampled as it says, and two peaks where one Gaussian has one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.flows.mixture import ConditionalMixture


@pytest.fixture(scope="module")
def setup():
    mixture = ConditionalMixture(1, 2, num_components=3, num_hidden=8)
    return mixture, jax.tree.map(lambda leaf: 2 * leaf, mixture.init(jax.random.key(0))), jnp.array([0.5, -1.0])


def test_density_integrates_to_one(setup):
    mixture, params, condition = setup
    y = jnp.linspace(-60, 60, 20001)[:, None]
    density = np.exp(jax.vmap(mixture.log_prob, (None, 0, None))(params, y, condition))
    assert np.trapezoid(density, y[:, 0]) == pytest.approx(1.0, abs=1e-3)


def test_draws_follow_the_density(setup):
    mixture, params, condition = setup
    keys = jax.random.split(jax.random.key(1), 4000)
    draws = np.asarray(jax.vmap(mixture.sample, (0, None, None))(keys, params, condition))
    law = mixture.distribution(params, condition)
    assert draws.mean() == pytest.approx(float(law.mean()[0]), abs=5 * draws.std() / np.sqrt(4000))
    assert draws.var() == pytest.approx(float(law.variance()[0]), rel=0.15)
