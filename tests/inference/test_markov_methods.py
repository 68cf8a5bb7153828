"""Likelihood and ratio estimation against a posterior known in closed form."""

import dataclasses

import jax
import numpy as np
import pytest

from fullfield.inference import nle, nre
from fullfield.inference.method import Simulations
from fullfield.inference.training import EstimatorSettings
from fullfield.train import FitSettings
from tests.support.gaussian_posterior import (
    NUM_SIMULATIONS,
    failures,
    simulate,
)

TRAINING = FitSettings(num_steps=3000, learning_rate=2e-3, patience=10, weight_decay=1.0)
SETTINGS = {
    "nle": EstimatorSettings(dataclasses.replace(TRAINING, num_steps=1500), num_hidden=32),
    "nre": EstimatorSettings(dataclasses.replace(TRAINING, weight_decay=0.01), num_layers=2),
}
METHODS = {"nle": nle.nle(), "nre": nre.nre()}
QUICK = EstimatorSettings(FitSettings(num_steps=40, steps_per_round=20), num_layers=2, num_hidden=8, batch_size=32)
FAILED = ["mean", "covariance", "classifier"]
# Chains are dearer than independent draws; the same number everywhere, and so the same program.
NUM_OBSERVATIONS = 24


@pytest.fixture(scope="module")
def data():
    return simulate(0, NUM_SIMULATIONS)


@pytest.fixture(scope="module", params=METHODS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def fitted(name, data):
    return METHODS[name].fit(jax.random.split(jax.random.key(0), 2), data, SETTINGS[name])[0]


def test_posterior_is_the_exact_one(name, fitted):
    assert failures(METHODS[name], fitted, NUM_OBSERVATIONS) == []


def test_initial_weights_fail(name, fitted):
    init = fitted.flow.init if name == "nle" else None
    if init is None:
        fresh = jax.tree.map(lambda leaf: 0.0 * leaf, fitted.params["weights"])
    else:
        fresh = jax.vmap(init)(jax.random.split(jax.random.key(9), 2))
    initial = dataclasses.replace(fitted, params={**fitted.params, "weights": fresh})
    assert failures(METHODS[name], initial, NUM_OBSERVATIONS) == FAILED


def test_shuffled_data_fail(name, data):
    shuffled = np.random.default_rng(0).permutation(data.u)
    training = dataclasses.replace(SETTINGS[name], fit=dataclasses.replace(TRAINING, num_steps=300))
    keys = jax.random.split(jax.random.key(0), 2)
    estimator, _ = METHODS[name].fit(keys, Simulations(shuffled, data.summary), training)
    assert failures(METHODS[name], estimator, NUM_OBSERVATIONS) == FAILED
