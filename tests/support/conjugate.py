"""Two conjugate models whose posteriors are known: what every loss converges to can be computed."""

import functools
from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.stats

from fullfield.compress import LOSSES, CompressorSettings, Source, fit_compressor
from fullfield.compress.losses import FIDUCIAL
from fullfield.tasks.linear_gaussian import design_matrix, mixing_matrix, posterior
from fullfield.train import FitSettings

NUM_TRAIN, NUM_VALIDATION = 20000, 4000
NUM_EVENTS = 4
FIT = FitSettings(1500, learning_rate=3e-3, patience=100, weight_decay=1e-3)
WIDE = CompressorSettings(NUM_TRAIN, NUM_VALIDATION, 256, FIT, num_hidden=32)
# A linear model needs hardly a hidden layer, and fewer and larger steps.
SETTINGS = {
    "linear_gaussian": replace(WIDE, num_hidden=8, fit=replace(FIT, num_steps=600, learning_rate=1e-2)),
    "gamma_exponential": WIDE,
}
AT_FIDUCIAL = {
    "linear_gaussian": replace(WIDE, batch_size=500, num_hidden=4, fit=replace(FIT, num_steps=800, learning_rate=3e-2)),
    "gamma_exponential": replace(WIDE, batch_size=1000, fit=replace(FIT, num_steps=1200, learning_rate=3e-3)),
}


class Model(NamedTuple):
    """Simulations and what is exact about them."""

    u: np.ndarray
    x: np.ndarray
    mean: np.ndarray
    """(n, p) posterior mean."""
    median: np.ndarray
    covariance: np.ndarray
    """(n, p, p)."""
    log_prob: np.ndarray
    """(n,) log p(u | x) at the true u."""
    information: float
    """I(u; x) in nats."""
    derivative: np.ndarray
    """(n, p, d) dx / du at u = 0 for data simulated there."""
    x_fiducial: np.ndarray
    """(n, d) such data."""
    fisher: np.ndarray
    """(p, p) Fisher information at u = 0."""


@functools.cache
def linear_gaussian() -> Model:
    """Three parameters, eight data: x = A u + noise."""
    rng = np.random.default_rng(0)
    size = (NUM_TRAIN + NUM_VALIDATION, 8)
    design, mixing = design_matrix(3, 8), mixing_matrix(8)
    u = rng.normal(size=(size[0], 3))
    noise, more = (rng.normal(size=size) @ mixing.T + 0.5 * rng.normal(size=size) for _ in range(2))
    x = u @ design.T + noise
    covariance = posterior(x[0], 3, 0.5)[1]
    mean = x @ np.stack([posterior(row, 3, 0.5)[0] for row in np.eye(8)])
    log_prob = scipy.stats.multivariate_normal(cov=covariance).logpdf(u - mean)
    fisher = design.T @ np.linalg.inv(mixing @ mixing.T + 0.25 * np.eye(8)) @ design
    return Model(
        u,
        x,
        mean,
        mean,
        np.broadcast_to(covariance, (len(u), 3, 3)),
        log_prob,
        -np.linalg.slogdet(covariance)[1] / 2,
        np.broadcast_to(design.T, (len(u), 3, 8)),
        more,
        fisher,
    )


@functools.cache
def gamma_exponential() -> Model:
    """U = log rate, rate ~ Gamma(2, 1), four exponential waiting times (cube roots of them): a skewed posterior."""
    rng = np.random.default_rng(1)
    count = NUM_TRAIN + NUM_VALIDATION
    rate = rng.gamma(2.0, size=(count, 1))
    waits, more = (rng.exponential(size=(count, NUM_EVENTS)) for _ in range(2))
    times = waits / rate
    shape, total = 2.0 + NUM_EVENTS, 1.0 + times.sum(1, keepdims=True)
    law = scipy.stats.loggamma(shape)
    log_prob = law.logpdf(np.log(rate) + np.log(total))[:, 0]
    mean = law.mean() - np.log(total)
    return Model(
        np.log(rate),
        np.cbrt(times),
        mean,
        law.median() - np.log(total),
        np.full((count, 1, 1), law.var()),
        log_prob,
        float(scipy.stats.loggamma(2.0).entropy() - law.entropy()),
        -np.cbrt(more)[:, None] / 3.0,
        np.cbrt(more),
        np.array([[float(NUM_EVENTS)]]),
    )


MODELS = {"linear_gaussian": linear_gaussian, "gamma_exponential": gamma_exponential}


@functools.cache
def trained(model, name):
    """Train a compressor on a model by a loss; see `fit`."""
    exact = MODELS[model]()
    at_fiducial = LOSSES[name](exact.u.shape[1]).simulations == FIDUCIAL
    target, x = (exact.derivative, exact.x_fiducial) if at_fiducial else (exact.u, exact.x)
    return fit(name, target, x, (AT_FIDUCIAL if at_fiducial else SETTINGS)[model])


def fit(name, target, x, settings):
    """Train a compressor on rows; return network outputs as a function, and the learning curve."""
    data = (jnp.asarray(target, jnp.float32), jnp.asarray(x, jnp.float32))
    loss = LOSSES[name](target.shape[1])

    def generate(row, data):
        return data[0][row], data[1][row], jnp.array(True)

    compressors, history = fit_compressor(jax.random.key(0)[None], loss, Source(generate, data), settings)
    # All outputs, also those that are not handed on.
    outputs = replace(compressors[0], num_summaries=loss.num_outputs)
    return outputs, history


def untrained(outputs, exact):
    """Return the network of `outputs` with fresh weights."""
    rows = exact.x[:2].astype(np.float32)
    fresh = jax.jit(outputs.network.init)(jax.random.key(3), rows)
    return outputs.__class__(outputs.network, None, {**outputs.params, "network": fresh}, outputs.num_summaries)
