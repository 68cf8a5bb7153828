"""The posterior of the field."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_problem import small_lensing

from fullfield.fields import Grid
from fullfield.pipeline import field_posterior
from fullfield.pipeline.reference import Draw
from fullfield.samplers.moments import Moments
from fullfield.tasks.task import simulate_one, to_latents


@pytest.fixture(scope="module")
def setup():
    return small_lensing()


def test_kappa_is_the_same_in_both_coordinates(setup):
    task = setup.task
    values = simulate_one(jax.random.key(0), task, jnp.asarray(task.fiducial), sites=("theta", "z", "kappa", "x"))
    u = task.prior.to_unconstrained(values["theta"])
    plain = field_posterior.kappa_of(task, whitened=False)(Draw(u, values["z"], values["x"]))
    np.testing.assert_allclose(plain, values["kappa"], atol=1e-6)
    w = jax.random.normal(jax.random.key(1), task.latent_shape)
    z = to_latents(task, values["x"])(values["theta"], w)[0]
    through_z = field_posterior.kappa_of(task, whitened=False)(Draw(u, z, values["x"]))
    np.testing.assert_allclose(
        field_posterior.kappa_of(task)(Draw(u, w, values["x"])), through_z, atol=1e-5 * np.abs(through_z).max()
    )


def test_maps_of_all_chains_have_the_total_variance():
    rng = np.random.default_rng(0)
    states = rng.normal(size=(3, 50, 2, 4, 4)) + rng.normal(size=(3, 1, 2, 4, 4))
    moments = Moments(np.int64(50), states.mean(1), states.var(1))
    maps = field_posterior.field_maps(moments)
    np.testing.assert_allclose(maps["mean"], states.mean((0, 1)), rtol=1e-5)
    np.testing.assert_allclose(maps["std"], states.std((0, 1)), rtol=1e-5)
    assert maps.attrs["num_states"] == 150


def test_residual_power_is_one_without_knowledge_and_the_variance_with_it():
    grid, rng = Grid(16, 10.0), np.random.default_rng(1)
    truth = rng.normal(size=(2, 16, 16))
    nothing = field_posterior.residual_power(grid, truth, np.zeros_like(truth), np.ones_like(truth))
    np.testing.assert_allclose(nothing.measured, 1.0, rtol=1e-5)
    half = field_posterior.residual_power(grid, truth, truth + 0.5 * rng.normal(size=truth.shape), 0.5 + 0 * truth)
    np.testing.assert_allclose(half.expected, half.measured_variance, rtol=0.25)
    np.testing.assert_allclose(half.measured_variance, 0.25 / truth.var((1, 2)), rtol=0.25)
