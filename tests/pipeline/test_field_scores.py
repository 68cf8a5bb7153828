"""Scores near the most probable field: their definition, and what a network can learn from them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_problem import small_lensing

from fullfield.pipeline import problem
from fullfield.pipeline.field_scores import NUM_GRADIENTS, STEP
from fullfield.pipeline.setup import gaussian_field_of
from fullfield.tasks.batches import simulate
from fullfield.tasks.task import unconstrained_log_density

NUM_MAPS = 600


@pytest.fixture(scope="module")
def setup():
    return small_lensing()


@pytest.fixture(scope="module")
def source(setup):
    return problem.lensing_problem(setup, 0, "compressor", "field_scores")


@pytest.fixture(scope="module")
def maps(setup):
    return simulate(jax.random.key(0), setup.task, NUM_MAPS)


@pytest.fixture(scope="module")
def features(source, maps):
    return np.asarray(jax.jit(lambda x: jax.lax.map(lambda one: source.features(one), x))(maps.x))


def test_first_scores_are_gradients_at_the_wiener_mean(setup, source, maps, features):
    x, row = maps.x[0], features[0]
    estimate = gaussian_field_of(setup).estimate(x)
    np.testing.assert_allclose(row[:6], estimate.u, rtol=1e-4, atol=1e-5)
    log_density = jax.jit(unconstrained_log_density(setup.task, x))
    w = jnp.zeros(setup.task.latent_shape)
    step = 0.02
    differences = [
        float(log_density(estimate.u + step * e, w) - log_density(estimate.u - step * e, w)) / (2 * step)
        for e in np.eye(6, dtype=np.float32)
    ]
    factor = np.linalg.cholesky(np.asarray(estimate.precision, np.float64))
    expected = np.arcsinh(np.linalg.solve(factor, differences))
    np.testing.assert_allclose(row[6:12], expected, atol=0.05)
    slope = jax.grad(log_density, 1)(estimate.u, w)
    np.testing.assert_allclose(row[6 + 6 * NUM_GRADIENTS], np.log(np.sum(np.asarray(slope) ** 2)), rtol=1e-3)
    later = jax.grad(log_density)(estimate.u, w + STEP * slope)
    np.testing.assert_allclose(row[12:18], np.arcsinh(np.linalg.solve(factor, later)), atol=0.02)


def test_symmetries_change_nothing(source, maps, features):
    x = maps.x[0]
    for moved in (jnp.roll(x, (3, -5), (1, 2)), x[:, ::-1], jnp.swapaxes(x, 1, 2)):
        np.testing.assert_allclose(source.features(moved), features[0], atol=0.02)


def test_scores_say_more_than_the_gaussian_estimate(setup, maps, features):
    u = np.asarray(setup.task.prior.to_unconstrained(maps.theta))
    keep = np.isfinite(features).all(1) & (np.asarray(maps.num_invalid) == 0)
    u, features = u[keep], features[keep]

    def residual(columns):
        design = np.concatenate([np.ones((len(u), 1)), features[:, columns]], axis=1)
        left = u - design @ np.linalg.lstsq(design, u, rcond=None)[0]
        return np.linalg.slogdet(left.T @ left / (len(u) - design.shape[1]))[1] / 2

    # For 12 columns of noise 2 n times the gain is chi squared with 6 * 12 degrees of freedom (Wilks), less its mean.
    noise = np.sqrt(2 * 6 * 12) / (2 * len(u))
    assert residual(slice(0, 18)) < residual(slice(0, 6)) - 5 * noise
