"""Estimation in rounds against a posterior known in closed form, on a posterior that fills little of the prior."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.inference.sequential import Rounds, rows_of, sample_in_rounds
from fullfield.inference.training import EstimatorSettings
from fullfield.resume import Resume
from fullfield.train import FitSettings

MATRIX = np.array([[6.0, 2.0], [-1.0, 5.0]], np.float32)
OBSERVED = np.array([[4.0, -3.0], [-6.0, 5.0]], np.float32)
PRECISION = np.eye(2) + MATRIX.T @ MATRIX
MEANS = np.linalg.solve(PRECISION, MATRIX.T @ OBSERVED.T).T
FIT = EstimatorSettings(
    FitSettings(600, steps_per_round=50, patience=6, learning_rate=3e-3),
    num_layers=2,
    num_hidden=16,
    batch_size=64,
    structure="autoregressive",
)
ROUNDS = Rounds(3, 400, 2, 1000, FIT)


def simulate(key, u):
    """Return u seen through a matrix with noise."""
    return np.asarray(u @ MATRIX.T + jax.random.normal(key, u.shape))


@pytest.fixture(scope="module")
def sampled():
    return sample_in_rounds(jax.random.key(0), simulate, OBSERVED, 2, ROUNDS)


def departures(draws):
    """Return the shift, in standard deviations of the exact posterior, and the log ratio of the volumes."""
    root = np.linalg.cholesky(PRECISION)
    shifts = [np.linalg.norm(root.T @ (one.mean(0) - mean)) for one, mean in zip(draws, MEANS, strict=True)]
    volumes = [np.linalg.slogdet(np.cov(one.T))[1] + np.linalg.slogdet(PRECISION)[1] for one in draws]
    return max(shifts), max(np.abs(volumes)) / 2


def test_posteriors_are_the_exact_ones(sampled):
    shift, volume = departures(sampled.draws)
    # 1 200 simulations of a likelihood fix a mean to some hundredths of its standard deviation.
    assert shift < 0.25
    assert volume < 0.2
    last = sampled.convergence[sampled.convergence["round"] == 2]
    assert len(last) == 2 * 2 * 2
    assert (last["rhat"] < 1.05).all()


def test_simulations_of_other_parameters_fail():
    settings = dataclasses.replace(ROUNDS, num_rounds=1)
    made = sample_in_rounds(jax.random.key(0), lambda key, u: simulate(key, u[::-1]), OBSERVED, 2, settings)
    assert departures(made.draws)[0] > 1.0


def test_an_observation_knows_the_prior_and_its_own_rounds():
    rows = rows_of(2, 3, 10)
    assert rows.shape == (2, 30)
    np.testing.assert_array_equal(rows[:, :10], np.tile(np.arange(10), (2, 1)))
    np.testing.assert_array_equal(rows[0, 10:], [*range(10, 20), *range(30, 40)])
    np.testing.assert_array_equal(rows[1, 10:], [*range(20, 30), *range(40, 50)])


def test_finished_rounds_are_not_made_again(tmp_path):
    calls, brief = [], dataclasses.replace(FIT, fit=FitSettings(50, steps_per_round=50))
    small = {"num_rounds": 2, "num_simulations": 100, "num_draws": 100, "num_members": 1}
    settings = dataclasses.replace(ROUNDS, estimator=brief, **small)
    resume = Resume(tmp_path / "state.safetensors", "x", interval=0.0)

    def run(stop):
        def counted(key, u):
            if len(calls) == stop:
                raise KeyboardInterrupt
            calls.append(len(u))
            return simulate(key, jnp.asarray(u))

        return sample_in_rounds(jax.random.key(1), counted, OBSERVED, 2, settings, resume=resume)

    with pytest.raises(KeyboardInterrupt):
        run(1)
    resumed = run(None)
    assert calls == [100, 200]
    whole = sample_in_rounds(jax.random.key(1), simulate, OBSERVED, 2, settings)
    np.testing.assert_array_equal(resumed.draws, whole.draws)
