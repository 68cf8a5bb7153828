"""The textbook example: information, posterior, and a network's estimates against the Cramer-Rao bound."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from laws import MAX_PULL, pulls

from fullfield import tasks
from fullfield.compress import CompressorSettings
from fullfield.metrics import coverage
from fullfield.pipeline.fiducial import InformationSettings, ScoreEstimate, measure, summary_of, train_at
from fullfield.tasks import simulate
from fullfield.tasks.normal_draws import information
from fullfield.train import FitSettings

TASK = tasks.make("normal_draws")
POINT = np.array([0.3, 1.2], np.float32)
EXACT = np.asarray(information(POINT), np.float64)
NUM = 8000


@functools.cache
def estimates_of(num_steps):
    """Train a perceptron on the draws at a point; return estimates from it there, and what it was measured to tell."""
    fit = FitSettings(num_steps, steps_per_round=100, learning_rate=5e-3, patience=100)
    settings = CompressorSettings(2**20, 2000, 400, fit, num_hidden=32)
    compressor, _ = train_at(jax.random.key(1), TASK, POINT, InformationSettings(settings))
    summarise = summary_of(compressor)
    measured = measure(jax.random.key(2), summarise, TASK, POINT, NUM)
    x = simulate(jax.random.key(3), TASK, NUM, theta=jnp.tile(POINT, (NUM, 1))).x
    own = ScoreEstimate(summarise, POINT, measured.fisher)
    return own.estimates(own.white(x)), measured


def test_information_is_the_covariance_of_the_scores():
    theta = jnp.tile(POINT, (NUM, 1))
    score = np.asarray(simulate(jax.random.key(0), TASK, NUM, theta=theta, score=True).score, np.float64)
    assert np.abs(pulls(score, 0.0)).max() < MAX_PULL
    products = score[:, :, None] * score[:, None]
    assert np.abs(pulls(products.reshape(NUM, -1), EXACT.ravel())).max() < MAX_PULL


def test_posterior_is_calibrated():
    made = simulate(jax.random.key(4), TASK, 200)
    keys = jax.random.split(jax.random.key(5), 200)
    draws = np.stack([TASK.posterior(key, x, 99) for key, x in zip(keys, made.x, strict=True)])
    assert (coverage.sbc(draws, np.asarray(made.theta)).p_values > 1e-4).all()
    assert (coverage.sbc(draws[::-1], np.asarray(made.theta)).p_values < 1e-4).any()


def test_a_network_reaches_the_cramer_rao_bound():
    found, measured = estimates_of(1000)
    best = np.linalg.slogdet(EXACT)[1]
    # ln det F is known to 0.02 from so many; error bars within 3 % are allowed.
    assert best - 0.12 < measured.log_det.value < best + MAX_PULL * measured.log_det.error
    ratios = found.var(axis=0) * np.diag(EXACT)
    assert (ratios > 1.0 - MAX_PULL * np.sqrt(2 / NUM)).all()
    assert (ratios < 1.15).all()
    assert np.abs(pulls(found, POINT)).max() < MAX_PULL


def test_a_network_that_is_hardly_trained_does_not():
    _, measured = estimates_of(1)
    assert measured.log_det.value < np.linalg.slogdet(EXACT)[1] - 0.5


def test_invalid_simulations_have_no_information():
    with pytest.raises(ValueError, match=r"100 of 100 simulations of task gaussian_random_field at .* are invalid"):
        measure(
            jax.random.key(0),
            lambda x: x.mean((1, 2))[:, None],
            tasks.make("gaussian_random_field", num_pixels=8),
            np.array([np.nan, 0.5], np.float32),
            100,
        )
