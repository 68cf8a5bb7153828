"""Two moons as a density: normalised, sampled as it says, and learned better with its scores."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.datasets import make_moons

from fullfield.inference.training import EstimatorSettings
from fullfield.studies.scores import moons
from fullfield.train import FitSettings

SETTINGS = EstimatorSettings(
    FitSettings(num_steps=300, steps_per_round=50, learning_rate=3e-3),
    num_layers=3,
    num_hidden=16,
    batch_size=40,
    transform="smooth",
    num_components=4,
)


def test_density_integrates_to_one():
    x, y = np.meshgrid(np.linspace(0.1, 1.0, 500), np.linspace(0.2, 0.8, 400), indexing="ij")
    points = jnp.asarray(np.stack([x, y], -1).reshape(-1, 2), jnp.float32)
    density = np.exp(np.asarray(jax.lax.map(moons.log_prob, points, batch_size=2000)))
    assert density.sum() * (x[1, 0] - x[0, 0]) * (y[0, 1] - y[0, 0]) == pytest.approx(1.0, abs=1e-3)


def test_centres_are_those_of_scikit_learn():
    points, _ = make_moons(2 * moons.NUM_CENTRES, shuffle=False)
    np.testing.assert_allclose(moons.centres(), points / 5 + 0.45, atol=1e-12)


def test_draws_lie_about_the_centres():
    draws = np.asarray(moons.sample(jax.random.key(0), 2000))
    distance = np.linalg.norm(draws[:, None] - moons.centres()[None], axis=-1).min(axis=1)
    # Across the line of centres alone: a half-normal law of width 0.01.
    assert distance.mean() == pytest.approx(0.01 * np.sqrt(2 / np.pi), rel=5 * 0.76 / np.sqrt(2000))


def test_scores_make_a_better_fit_of_few_draws():
    y = np.asarray(moons.sample(jax.random.key(1), 100))
    score = np.asarray(jax.vmap(jax.grad(moons.log_prob))(jnp.asarray(y)))
    subsets = np.stack([np.arange(50), np.arange(50, 100)])
    keys = jax.random.split(jax.random.key(2), 2)
    test = np.asarray(moons.sample(jax.random.key(3), 1000))
    helped, alone = (
        np.asarray(moons.fit(keys, y, given, subsets, SETTINGS).log_prob(test)).mean() for given in (score, None)
    )
    exact = float(np.mean(np.asarray(jax.vmap(moons.log_prob)(jnp.asarray(test)))))
    assert alone < helped < exact


def test_draws_of_a_fit_have_its_density():
    y = np.asarray(moons.sample(jax.random.key(1), 200))
    fitted = moons.fit(jax.random.split(jax.random.key(2), 1), y, None, np.arange(200)[None], SETTINGS)
    draws = np.asarray(fitted.sample(jax.random.key(4), 4000))[0]
    # E_q[p / q] = 1 for a p inside q.
    target = np.exp(-np.sum((draws - draws.mean(0)) ** 2, axis=1) / (2 * 0.05**2)) / (2 * np.pi * 0.05**2)
    ratio = target / np.exp(np.asarray(fitted.log_prob(draws))[0])
    assert abs(ratio.mean() - 1.0) < 5 * ratio.std() / np.sqrt(len(ratio))
