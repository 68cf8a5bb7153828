"""Posteriors and scores under two theories: equal where the theories are, apart where they are not."""

import jax
import numpy as np
import pytest
from small_problem import NOISE, small_lensing

from fullfield.pipeline import mock
from fullfield.samplers import ChainSettings
from fullfield.studies.simulator import theories
from fullfield.tasks.lensing import lensing

pytestmark = pytest.mark.slow
SETTINGS = ChainSettings(num_chains=2, num_warmup=25, num_draws=40)
WHITENING = ChainSettings(num_chains=4, num_warmup=100, num_draws=200)


@pytest.fixture(scope="module")
def setup():
    return small_lensing()


def louder(setup, factor):
    """Return the task with spectra that are higher by a factor."""

    def theory(theta):
        log_cl, shift = setup.theory(theta)
        return log_cl + np.log(factor), shift

    task = lensing(grid=setup.grid, theory=theory, ell=setup.theory.ell, noise_sigma=NOISE)
    return setup._replace(task=task)


@pytest.fixture(scope="module")
def x(setup):
    return mock.simulate_observation(setup, 0, "simulated")["x"].values


def test_equal_theories_give_equal_scores(setup):
    scores = theories.compare_scores(jax.random.key(0), setup, setup, 20)
    assert (scores["rms_score"] > 0).all()
    assert (scores["rms_difference"] < 1e-5 * scores["rms_score"]).all()


def test_louder_spectra_move_the_posterior(setup, x):
    table = theories.compare_posteriors(jax.random.key(0), setup, louder(setup, 1.05), x, SETTINGS, WHITENING)
    assert list(table["parameter"]) == [*setup.task.parameter_names, "S8"]
    assert table["shift_sigma"].abs().max() > 0.05
    assert (table["weight_ess"] < 79.5).all()
    assert (table["weight_ess"] > 5.0).all()
    scores = theories.compare_scores(jax.random.key(0), setup, louder(setup, 1.05), 20)
    assert (scores["rms_difference"] > 1e-3 * scores["rms_score"]).any()
