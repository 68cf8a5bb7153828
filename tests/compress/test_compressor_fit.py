"""Trained summaries keep all the information where it is known exactly; untrained ones do not."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from fullfield.compress import (
    LOSSES,
    Compressor,
    CompressorSettings,
    fit_compressor,
    load_compressors,
    save_compressors,
)
from fullfield.compress.networks import SummaryNetwork
from fullfield.tasks.linear_gaussian import design_matrix, mixing_matrix, posterior
from fullfield.train import FitSettings

NUM_TRAIN, NUM_VALIDATION = 20000, 4000
TOLERANCE = 0.05
"""Largest loss of information that passes, in nats."""
SETTINGS = CompressorSettings(
    NUM_TRAIN, NUM_VALIDATION, 256, FitSettings(2000, learning_rate=2e-3, patience=100, weight_decay=1e-3)
)


def linear_gaussian():
    """Return u, x and -log p(u | x) of the linear-Gaussian task."""
    rng = np.random.default_rng(0)
    size = (NUM_TRAIN + NUM_VALIDATION, 8)
    u = rng.normal(size=(size[0], 3))
    x = u @ design_matrix(3, 8).T + rng.normal(size=size) @ mixing_matrix(8).T + 0.5 * rng.normal(size=size)
    covariance = posterior(x[0], 3, 0.5)[1]
    means = x @ np.stack([posterior(row, 3, 0.5)[0] for row in np.eye(8)])
    return u, x, -scipy.stats.multivariate_normal(cov=covariance).logpdf(u - means)


def gamma_poisson():
    """Return u = log rate, x and -log p(u | x): two rates ~ Gamma(2, 1), four counts of each, a skewed posterior."""
    rng = np.random.default_rng(1)
    rate = rng.gamma(2.0, size=(NUM_TRAIN + NUM_VALIDATION, 2))
    x = rng.poisson(np.repeat(rate, 4, axis=1))
    exact = scipy.stats.gamma(2.0 + x.reshape(-1, 2, 4).sum(2), scale=1.0 / 5.0)
    return np.log(rate), x.astype(float), -(exact.logpdf(rate) + np.log(rate)).sum(1)


TASKS = {"linear_gaussian": linear_gaussian, "gamma_poisson": gamma_poisson}


def fit(u, x, settings=SETTINGS, generate=None, num_hidden=32):
    """Train a VMIM compressor on stored rows and return it with its learning curves."""
    network = SummaryNetwork(u.shape[1], num_channels=0, num_hidden=num_hidden)
    data = (jnp.asarray(u, jnp.float32), jnp.asarray(x, jnp.float32))
    generate = generate or (lambda index, data: (data[0][index], data[1][index], jnp.array(True)))
    loss = LOSSES["vmim"](u.shape[1])
    keys = jax.random.key(0)[None]
    compressors, history = fit_compressor(keys, loss, network, generate, None, data, settings)
    return compressors[0], history


@functools.cache
def task(name):
    return TASKS[name]()


@functools.cache
def trained(name):
    u, x, _ = task(name)
    return fit(u, x)


def lost_information(history, exact):
    """Return loss(t) - H(u | x) on the same validation rows: not negative but for overfitting of 4 000 rows."""
    return history["validation"].min() - exact[NUM_TRAIN:].mean()


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_vmim_keeps_all_information(name):
    u, _, exact = task(name)
    gap = lost_information(trained(name)[1], exact)
    # The difference of two averages over the same rows; at most as noisy as one of them.
    noise = 3 * exact[NUM_TRAIN:].std() / np.sqrt(NUM_VALIDATION)
    assert -noise < gap < TOLERANCE
    # What the data say: the prior alone is far from passing.
    assert scipy.stats.multivariate_normal(u.mean(0), np.cov(u.T)).logpdf(u).mean() + exact.mean() < -10 * TOLERANCE


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_initial_weights_fail_whatever_reads_their_summary(name):
    u, x, exact = task(name)
    compressor, _ = trained(name)
    network = compressor.network
    fresh = network.init(jax.random.key(5), jnp.asarray(x[:2]), jnp.asarray(x[:2]))
    untrained = Compressor(network, None, {**compressor.params, "network": fresh}, compressor.num_summaries)
    summary = np.asarray(untrained(jnp.asarray(x, jnp.float32)))
    assert lost_information(fit(u, summary)[1], exact) > 3 * TOLERANCE


def test_invalid_simulations_count_for_nothing():
    rng = np.random.default_rng(2)
    u = rng.normal(size=(600, 1))
    x = np.concatenate([u + 0.5 * rng.normal(size=u.shape), rng.normal(size=u.shape)], axis=1)
    settings = CompressorSettings(500, 100, 64, FitSettings(20, steps_per_round=10))

    def with_garbage(value):
        spoiled = x.copy()
        spoiled[::7] = value

        def generate(index, data):
            return data[0][index], data[1][index], index % 7 != 0

        return fit(u, spoiled, settings, generate, num_hidden=8)

    (first, history), (second, other) = with_garbage(np.nan), with_garbage(1e30)
    assert np.isfinite(history["validation"]).all()
    np.testing.assert_array_equal(history, other)
    jax.tree.map(np.testing.assert_array_equal, first.params, second.params)
    # Garbage that is declared valid is seen.
    spoiled = x.copy()
    spoiled[::7] = 50.0
    assert not np.array_equal(fit(u, spoiled, settings, num_hidden=8)[1], history)


def test_saved_compressor_gives_the_same_summaries(tmp_path):
    u, x, _ = task("gamma_poisson")
    compressor, _ = fit(u, x, CompressorSettings(500, 100, 64, FitSettings(10, steps_per_round=10)))
    save_compressors(tmp_path / "vmim.safetensors", [compressor], {"seed": 0})
    loaded = load_compressors(tmp_path / "vmim.safetensors")[0]
    rows = jnp.asarray(x[:5], jnp.float32)
    assert loaded.network == compressor.network
    np.testing.assert_array_equal(loaded(rows), compressor(rows))
