"""Random fields: information, likelihood and posterior, each by a second way."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from laws import MAX_PULL, pulls

from fullfield import tasks
from fullfield.fields.random_field import RandomField
from fullfield.tasks import ProductPrior, TruncatedNormal, joint_log_density, simulate
from fullfield.tasks.gaussian_random_field import gaussian_field_model
from fullfield.tasks.lognormal_random_field import lognormal_field_model
from fullfield.tasks.random_fields import ExactPosterior, fisher_information

KEY = jax.random.key(0)
MODELS = {"gaussian_random_field": gaussian_field_model, "lognormal_random_field": lognormal_field_model}
over_fields = pytest.mark.parametrize("name", MODELS)
SIZE = 16


@functools.cache
def task_of(name):
    return tasks.make(name, num_pixels=SIZE)


@pytest.mark.parametrize(
    ("name", "num_pixels", "theta", "expected"),
    [
        ("gaussian_random_field", 64, [1.0, 0.5], 13.890),
        ("gaussian_random_field", 128, [1.0, 0.5], 16.675),
        ("lognormal_random_field", 64, [0.4, 0.6], 16.400),
    ],
)
def test_information_is_that_of_an_independent_calculation(name, num_pixels, theta, expected):
    fisher = np.asarray(fisher_information(MODELS[name](num_pixels), np.array(theta)), np.float64)
    assert np.linalg.slogdet(fisher)[1] == pytest.approx(expected, abs=0.002)


@over_fields
def test_information_is_the_covariance_of_the_scores(name):
    task, num = task_of(name), 4000
    theta = jnp.tile(jnp.asarray(task.fiducial), (num, 1))
    score = np.asarray(simulate(KEY, task, num, theta=theta, score=True).score, np.float64)
    assert np.abs(pulls(score, 0.0)).max() < MAX_PULL
    fisher = np.asarray(fisher_information(MODELS[name](SIZE), task.fiducial), np.float64)
    # ln det of a sample covariance of p normal numbers scatters by sqrt(2 p / n).
    error = np.sqrt(2 * 2 / num)
    assert np.linalg.slogdet(np.cov(score.T))[1] == pytest.approx(np.linalg.slogdet(fisher)[1], abs=5 * error)
    elsewhere = np.asarray(fisher_information(MODELS[name](SIZE), 0.7 * task.fiducial), np.float64)
    assert abs(np.linalg.slogdet(np.cov(score.T))[1] - np.linalg.slogdet(elsewhere)[1]) > 5 * error


@over_fields
def test_fields_have_the_variances_that_they_are_said_to_have(name):
    """Of every distinct mode, in units of its error; and a Gaussian field is Gaussian where a lognormal one is not."""
    task, field = task_of(name), MODELS[name](SIZE)
    x = np.asarray(simulate(KEY, task, 2000, theta=jnp.tile(jnp.asarray(task.fiducial), (2000, 1))).x, np.float64)
    y = np.log1p(x) if field.is_lognormal else x
    power = np.abs(np.fft.rfft2(y, norm="ortho")) ** 2
    expected = np.exp(field.grid.to_half_plane(field.grid.to_quadrant(field.log_variance(jnp.asarray(task.fiducial)))))
    seen = np.hypot(*np.indices(power.shape[1:])) > 0
    assert np.abs(pulls(power[:, seen], np.asarray(expected)[seen])).max() < MAX_PULL
    skewness = scipy.stats.skew(x, axis=None)
    assert (skewness > 0.5) == field.is_lognormal


@over_fields
def test_density_is_that_of_independent_modes(name):
    """Of all N^2 - 1 modes one by one, without symmetries."""
    task, field = task_of(name), MODELS[name](SIZE)
    x = simulate(KEY, task, 1).x[0]
    y = np.log1p(np.asarray(x, np.float64)) if field.is_lognormal else np.asarray(x, np.float64)
    power = (np.abs(np.fft.fft2(y, norm="ortho")) ** 2).ravel()[1:]
    theta = jnp.asarray(task.fiducial)
    frequency = np.abs(np.fft.fftfreq(SIZE, 1 / SIZE)).astype(int)
    quadrant = np.asarray(field.grid.to_quadrant(jnp.exp(field.log_variance(theta))), np.float64)
    variance = quadrant[frequency[:, None], frequency].ravel()[1:]
    expected = -0.5 * np.sum(power / variance + np.log(2 * np.pi * variance))
    value = joint_log_density(task, x)(theta) - task.prior.log_prob(theta)
    assert value == pytest.approx(expected, rel=1e-5)


@over_fields
def test_posterior_is_the_likelihood_times_the_prior(name):
    """At draws of the posterior, whose density is told apart from that of another field."""
    task = task_of(name)
    x = simulate(KEY, task, 2, theta=jnp.tile(jnp.asarray(task.fiducial), (2, 1))).x
    exact = ExactPosterior(MODELS[name](SIZE), task.prior)
    (first, second), log_density = exact.log_density(x[0])
    rng = np.random.default_rng(0)
    likely = np.argwhere(log_density > -8.0)
    rows = likely[rng.choice(len(likely), 50)]
    theta = jnp.asarray(np.stack([first[rows[:, 0]], second[rows[:, 1]]], axis=1), jnp.float32)

    def departure(x):
        joint = np.asarray(jax.vmap(joint_log_density(task, x))(theta), np.float64)
        change = joint - log_density[tuple(rows.T)]
        return np.abs(change - np.median(change)).max()

    assert departure(x[0]) < 0.02
    assert departure(x[1]) > 0.5


@over_fields
def test_posterior_is_calibrated(name):
    """Ranks of the truth among draws are uniform over the prior; not where fields are halved."""
    task, num = task_of(name), 200
    made = simulate(KEY, task, num)

    def p_values(scale):
        ranks = []
        for i in range(num):
            draws = np.asarray(task.posterior(jax.random.key(i), scale * made.x[i], 199))
            ranks.append((draws < np.asarray(made.theta[i])).mean(0))
        return [scipy.stats.kstest(of_one, "uniform").pvalue for of_one in np.transpose(ranks)]

    assert min(p_values(1.0)) > 1e-4
    assert min(p_values(0.5)) < 1e-4


def test_every_mode_of_the_lognormal_field_is_positive_over_the_prior_and_not_below_it():
    field = lognormal_field_model(64)
    corners = [[0.05, 0.2], [0.05, 1.3], [1.0, 0.2], [1.0, 1.3]]
    log_variance = jax.jit(field.log_variance)
    assert all(np.isfinite(log_variance(jnp.asarray(corner))[1:]).all() for corner in corners)
    assert np.isnan(log_variance(jnp.asarray([0.03, 1.3]))).all()


def test_a_field_has_no_mean():
    task = task_of("gaussian_random_field")
    law = RandomField(jnp.ones(len(gaussian_field_model(SIZE).grid.ell_distinct)), gaussian_field_model(SIZE).grid)
    x = simulate(KEY, task, 1).x[0]
    assert abs(float(law.sample(KEY).mean())) < 1e-6
    assert law.log_prob(x + 3.0) == pytest.approx(float(law.log_prob(x)), rel=1e-5)


def test_a_grid_needs_bounds():
    prior = ProductPrior((TruncatedNormal(0.0, 1.0), TruncatedNormal(0.0, 1.0)))
    with pytest.raises(ValueError, match="an exact posterior on a grid needs two uniform priors"):
        ExactPosterior(gaussian_field_model(SIZE), prior)
