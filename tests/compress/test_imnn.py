"""Fisher information: what a network and the best linear summary keep of it, and how their summaries are handed on."""

import functools
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conjugate import AT_FIDUCIAL, MODELS, NUM_TRAIN, NUM_VALIDATION, fit, trained, untrained

from fullfield.compress.imnn import fisher_information, summaries_and_slopes
from fullfield.compress.losses import Batch
from fullfield.compress.networks import SummaryNetwork
from fullfield.train import FitSettings

HELD_OUT = slice(NUM_TRAIN, None)
SCORES = {
    # Sufficient statistics at u = 0.
    "linear_gaussian": lambda exact: lambda x: x @ jnp.asarray(np.linalg.lstsq(exact.x, exact.mean, rcond=None)[0]),
    "gamma_exponential": lambda exact: lambda x: (x**3).sum(1, keepdims=True),
}


def batch_of(exact, rows):
    """Return some of the simulations at u = 0."""
    target, x = (values[rows].astype(np.float32) for values in (exact.derivative, exact.x_fiducial))
    return Batch(target, x, np.ones(len(x), np.float32))


def log_det(network, exact, rows=HELD_OUT):
    """Return ln det F of a network's outputs on some of the simulations at u = 0."""
    fisher = jax.jit(lambda batch: fisher_information(network, batch).information)(batch_of(exact, rows))
    return np.linalg.slogdet(fisher)[1]


BRIEF = replace(
    AT_FIDUCIAL["linear_gaussian"],
    num_simulations=300,
    num_validation=200,
    batch_size=100,
    fit=FitSettings(200, steps_per_round=20, learning_rate=0.03),
)


@functools.cache
def briefly(name):
    """Train on few simulations, of which the penalty's noise is large."""
    exact = MODELS["linear_gaussian"]()
    return fit(name, exact.derivative, exact.x_fiducial, BRIEF)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_imnn_saturates_the_fisher_information(model):
    exact, outputs = MODELS[model](), trained(model, "imnn")[0]
    # The noise of ln det F per parameter is 2 % for 4 000 rows; the exact score on the same rows shares most of it.
    found, best = (log_det(network, exact) for network in (outputs, SCORES[model](exact)))
    size = len(exact.fisher)
    assert (best - found) / size < 0.01
    assert abs(best - np.linalg.slogdet(exact.fisher)[1]) < 5 * np.sqrt(2 * size / NUM_VALIDATION)


def test_untrained_imnn_has_less_information():
    exact, (outputs, _) = MODELS["linear_gaussian"](), trained("linear_gaussian", "imnn")
    first, last = (log_det(one, exact, slice(0, 1000)) for one in (untrained(outputs, exact), outputs))
    assert last - first > 0.3


def test_moped_is_the_best_linear_summary():
    # The score of a linear model is linear; that of waiting times is not, in their cube roots.
    linear, skewed = MODELS["linear_gaussian"](), MODELS["gamma_exponential"]()
    found, best = (
        log_det(one, linear) for one in (trained("linear_gaussian", "moped")[0], SCORES["linear_gaussian"](linear))
    )
    assert abs(best - found) / len(linear.fisher) < 0.002
    found = log_det(trained("gamma_exponential", "moped")[0], skewed)
    total = log_det(lambda x: x.sum(1, keepdims=True), skewed)
    # By symmetry the sum of the cube roots is the best linear one.
    assert abs(found - total) < 0.01
    assert log_det(trained("gamma_exponential", "imnn")[0], skewed) - found > 0.03


@pytest.mark.parametrize("name", ["imnn", "moped"])
def test_summaries_are_handed_on_white_with_the_information_in_their_slopes(name):
    exact, (compressor, _) = MODELS["linear_gaussian"](), briefly(name)
    rows = slice(300, 500)
    summaries, slopes = jax.jit(lambda batch: summaries_and_slopes(compressor, batch))(batch_of(exact, rows))
    np.testing.assert_allclose(summaries.mean(0), 0.0, atol=2e-3)
    np.testing.assert_allclose(np.cov(summaries.T), np.eye(3), atol=5e-3)
    slope = np.asarray(slopes.mean(0))
    # dw / du is triangular: the first summary is of all parameters, the last of the last alone.
    np.testing.assert_allclose(slope, np.triu(slope), atol=5e-3 * np.abs(slope).max())
    raw = replace(compressor, params={key: value for key, value in compressor.params.items() if key != "whiten"})
    assert log_det(compressor, exact, rows) == pytest.approx(log_det(raw, exact, rows), abs=1e-3)
    assert np.linalg.slogdet(slope.T @ slope)[1] == pytest.approx(log_det(raw, exact, rows), abs=5e-3)


def test_weights_are_selected_on_held_out_information():
    exact, (compressor, history) = MODELS["linear_gaussian"](), briefly("imnn")
    # The solution that training starts from may be better still.
    best = min(history["validation"].min(), -log_det(briefly("moped")[0], exact, slice(300, 500)))
    assert -log_det(compressor, exact, slice(300, 500)) == pytest.approx(best, abs=1e-3)
    # The penalty is in the loss of the training alone.
    assert history["training"].iloc[-1] > history["validation"].iloc[-1]


def test_invalid_simulations_count_for_nothing_in_the_fisher_information():
    rng = np.random.default_rng(0)
    x, derivative = rng.normal(size=(50, 2)), rng.normal(size=(50, 1, 2))
    spoiled = np.concatenate([x, 100 * x[:5]]), np.concatenate([derivative, derivative[:5]])
    valid = np.r_[np.ones(50), np.zeros(5)]

    def network(x):
        return x[:, :1] + x[:, 1:] ** 2

    batches = Batch(derivative, x, np.ones(50)), Batch(spoiled[1], spoiled[0], valid)
    clean, marked = (jax.jit(lambda batch: fisher_information(network, batch))(batch) for batch in batches)
    np.testing.assert_allclose(marked.information, clean.information, rtol=1e-4)


def test_moped_trains_nothing_and_imnn_starts_from_it():
    (moped, history), exact = briefly("moped"), MODELS["linear_gaussian"]()
    assert history["step"].tolist() == [0]
    assert history["validation"].item() == pytest.approx(-log_det(moped, exact, slice(300, 500)), abs=1e-3)
    settings = replace(BRIEF, fit=replace(BRIEF.fit, num_steps=1, steps_per_round=1, learning_rate=1e-9))
    start, _ = fit("imnn", exact.derivative, exact.x_fiducial, settings)
    rows = jnp.asarray(exact.x_fiducial[:50], jnp.float32)
    np.testing.assert_allclose(start(rows), moped(rows), atol=1e-3)


def test_a_network_may_start_from_a_linear_map():
    network, rng = SummaryNetwork(2, num_channels=0, num_hidden=4), np.random.default_rng(0)
    features, matrix = (jnp.asarray(rng.normal(size=size), jnp.float32) for size in ((5, 3), (3, 2)))
    params = network.with_linear(network.init(jax.random.key(0), features), matrix)
    np.testing.assert_allclose(network.apply(params, features), features @ matrix, atol=1e-5)
    slopes = jax.grad(lambda params: network.apply(params, features).sum())(params)
    assert all(np.abs(leaf).max() > 0 for leaf in slopes["head"].values())
