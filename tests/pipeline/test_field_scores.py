"""Scores near the most probable field: their definition, and what a network can learn from them."""

import jax
import numpy as np
import pytest
from small_problem import small_lensing

from fullfield.pipeline import problem
from fullfield.pipeline.field_scores import NUM_GRADIENTS, STEP, field_scores
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
    """Return those of all maps, and of the first one moved in three ways."""
    first = np.asarray(maps.x[0])
    moved = [np.roll(first, (3, -5), (1, 2)), first[:, ::-1], np.swapaxes(first, 1, 2)]
    x = np.concatenate([maps.x, moved])
    return np.split(np.asarray(jax.jit(lambda x: jax.lax.map(source.features, x))(x)), [NUM_MAPS])


def test_first_scores_are_gradients_at_the_wiener_mean(setup, maps, features):
    x, row = maps.x[0], features[0][0]
    estimate = jax.jit(gaussian_field_of(setup).estimate)(x)
    np.testing.assert_allclose(row[:6], estimate.u, rtol=1e-4, atol=1e-5)
    density = jax.jit(jax.value_and_grad(unconstrained_log_density(setup.task, x), (0, 1)))
    u, w, step = np.asarray(estimate.u), np.zeros(setup.task.latent_shape, np.float32), np.float32(0.02)
    differences = [
        float(density(u + step * e, w)[0] - density(u - step * e, w)[0]) / (2 * step)
        for e in np.eye(6, dtype=np.float32)
    ]
    factor = np.linalg.cholesky(np.asarray(estimate.precision, np.float64))
    expected = np.arcsinh(np.linalg.solve(factor, differences))
    np.testing.assert_allclose(row[6:12], expected, atol=0.05)
    slope = np.asarray(density(u, w)[1][1])
    np.testing.assert_allclose(row[6 + 6 * NUM_GRADIENTS], np.log(np.sum(slope**2)), rtol=1e-3)
    later = density(u, w + np.float32(STEP) * slope)[1][0]
    np.testing.assert_allclose(row[12:18], np.arcsinh(np.linalg.solve(factor, later)), atol=0.02)


def test_a_second_point_begins_where_the_first_ends(setup, maps, features):
    x, once = maps.x[0], features[0][0]
    estimate = jax.jit(gaussian_field_of(setup).estimate)(x)
    twice = np.asarray(jax.jit(field_scores(setup.task, num_points=2))(x, estimate))
    length = len(once)
    assert twice.shape == (2 * length,)
    np.testing.assert_allclose(twice[:length], once, rtol=1e-3, atol=2e-3)
    # The step in u is that of Newton in the metric of the estimate, its whitened length the last whitened score.
    factor = np.linalg.cholesky(np.asarray(estimate.precision, np.float64))
    moved = factor.T @ (twice[length : length + 6] - np.asarray(estimate.u))
    np.testing.assert_allclose(moved, once[6 + 6 * (NUM_GRADIENTS - 1) : 6 + 6 * NUM_GRADIENTS], atol=0.01)
    # Latents go on: the slope of the field is smaller than at the first point's start.
    assert twice[length + 6 + 6 * NUM_GRADIENTS] < twice[6 + 6 * NUM_GRADIENTS]


def test_symmetries_change_nothing(features):
    of_maps, of_moved = features
    for row in of_moved:
        np.testing.assert_allclose(row, of_maps[0], atol=0.02)


def test_scores_say_more_than_the_gaussian_estimate(setup, maps, features):
    u, features = np.asarray(jax.jit(setup.task.prior.to_unconstrained)(maps.theta)), features[0]
    keep = np.isfinite(features).all(1) & (np.asarray(maps.num_invalid) == 0)
    u, features = u[keep], features[keep]

    def residual(columns):
        design = np.concatenate([np.ones((len(u), 1)), features[:, columns]], axis=1)
        left = u - design @ np.linalg.lstsq(design, u, rcond=None)[0]
        return np.linalg.slogdet(left.T @ left / (len(u) - design.shape[1]))[1] / 2

    # For 12 columns of noise 2 n times the gain is chi squared with 6 * 12 degrees of freedom (Wilks), less its mean.
    noise = np.sqrt(2 * 6 * 12) / (2 * len(u))
    assert residual(slice(0, 18)) < residual(slice(0, 6)) - 5 * noise
