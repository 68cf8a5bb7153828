"""Wrong scores are found, right ones pass, on a closed-form task and on one with latents."""

import jax
import numpy as np
import pytest

from fullfield import tasks
from fullfield.inference.score_checks import moments, require_right
from fullfield.tasks import simulate

WRONG = {
    "flipped": lambda score: -score,
    "permuted": lambda score: np.roll(score, 1, axis=0),
    "another unit": lambda score: 3.0 * score,
    "one column flipped": lambda score: score * np.array([1.0, -1.0, 1.0]),
}


@pytest.fixture(scope="module")
def simulations():
    made = simulate(jax.random.key(0), tasks.make("linear_gaussian"), 2000, score=True)
    return np.asarray(made.theta), np.asarray(made.x), np.asarray(made.score)


@pytest.mark.parametrize("seed", range(5))
def test_right_scores_pass_and_their_moments_vanish(seed):
    made = simulate(jax.random.key(seed), tasks.make("linear_gaussian"), 1000, score=True)
    found = require_right(made.theta, made.x, made.score, "score")
    assert max(abs(moment.value / moment.error) for moment in found) < 5


@pytest.mark.parametrize("name", WRONG)
def test_wrong_scores_are_found(simulations, name):
    theta, x, score = simulations
    with pytest.raises(ValueError, match=r"file: score cannot be gradients.*should be 0; are signs, units"):
        require_right(theta, x, WRONG[name](score), "file: score")


def test_a_mean_of_zero_does_not_see_them(simulations):
    """What the check is needed for."""
    _, _, score = simulations
    for wrong in ("flipped", "permuted"):
        values = WRONG[wrong](score)
        assert (np.abs(values.mean(0)) < 5 * values.std(0) / np.sqrt(len(values))).all()


def test_long_data_are_projected(simulations):
    theta, x, score = simulations
    long = np.concatenate([x, np.random.default_rng(0).normal(size=(len(x), 500))], axis=1)
    assert not any(moment.is_wrong for moment in moments(theta, long, score))
