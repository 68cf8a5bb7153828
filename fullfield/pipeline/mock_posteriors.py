"""Explicit posteriors of many mock observations at draws of the prior."""

from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from fullfield.pipeline.gaussian_posterior import Whitening
from fullfield.pipeline.problem import Lensing
from fullfield.pipeline.reference import ChainSettings, sample_reference
from fullfield.pipeline.setup import gaussian_field_of
from fullfield.tasks import simulate
from fullfield.types import RandomKey

NUM_CHAINS = 2


class MockPosteriors(NamedTuple):
    """Mock observations at draws of the prior, with their chains."""

    theta: np.ndarray
    """(observation, p) truths."""
    x: np.ndarray
    """(observation, ...) data."""
    draws: np.ndarray
    """(observation, chain, draw, p) theta."""
    estimates: np.ndarray
    """(observation, p) most probable u under the Gaussian-field likelihood."""
    num_discarded: int
    """Simulations left out as invalid."""
    num_gradients: int


def mock_posteriors(
    key: RandomKey,
    setup: Lensing,
    num_observations: int,
    settings: ChainSettings,
    *,
    checkpoint: str | Path | None = None,
    digest: str = "",
) -> MockPosteriors:
    """Sample the posteriors of mock observations at draws of the prior, all chains in one compiled program.

    Parameters are whitened by the Gaussian-field estimate of each observation, a few iterations in place of a chain:
    it decides how fast the chains are, not where they go.

    Parameters
    ----------
    key
        A typed key.
    setup
        The lensing task.
    num_observations
        Mock observations; invalid ones among them are left out.
    settings
        Budget of the chains of each observation.
    checkpoint, digest
        As in `samplers.run_chains`.

    Returns
    -------
    MockPosteriors
    """
    simulation_key, chain_key = jax.random.split(key)
    simulations = simulate(simulation_key, setup.task, num_observations)
    valid = np.asarray(simulations.num_invalid) == 0
    x, theta = simulations.x[valid], np.asarray(simulations.theta)[valid]
    estimate = jax.jit(lambda x: jax.lax.map(gaussian_field_of(setup).estimate, x))(x)
    factor = np.linalg.cholesky(np.linalg.inv(np.asarray(estimate.precision, np.float64))).astype(np.float32)
    whitening = Whitening(np.asarray(estimate.u), factor)
    chains = sample_reference(chain_key, setup.task, x, whitening, settings, checkpoint=checkpoint, digest=digest)
    draws = np.asarray(chains.draws).reshape(len(x), settings.num_chains, settings.num_draws, -1)
    return MockPosteriors(theta, np.asarray(x), draws, whitening.mean, int(np.sum(~valid)), chains.num_gradients)
