"""Is the explicit posterior itself calibrated? Chains on many small mock observations at draws of the prior."""

from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from fullfield.metrics import chains as diagnostics
from fullfield.studies.gaussian_posterior import Whitening
from fullfield.studies.problem import Lensing
from fullfield.studies.reference import ChainSettings, sample_reference
from fullfield.studies.setup import gaussian_field_of
from fullfield.tasks import simulate
from fullfield.types import RandomKey

NUM_CHAINS = 2
NUM_RANKED = 50
"""Draws that a truth is ranked among: thinned, for ranks of correlated draws are not uniform."""
MAX_RHAT = 1.1


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


class Replicas(NamedTuple):
    """Mock observations with their posteriors."""

    theta: np.ndarray
    """(observation, p) truths."""
    draws: np.ndarray
    """(observation, NUM_RANKED, p) thinned draws."""
    summaries: np.ndarray
    """(observation, p) most probable u under the Gaussian-field likelihood."""
    num_discarded: int
    """Simulations left out as invalid."""
    num_gradients: int
    num_slow: int
    """Observations whose chains disagree, or have fewer effective draws of a parameter than NUM_RANKED."""


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


def sample_replicas(
    key: RandomKey,
    setup: Lensing,
    num_observations: int,
    settings: ChainSettings,
    *,
    checkpoint: str | Path | None = None,
    digest: str = "",
) -> Replicas:
    """Sample as `mock_posteriors` does and thin the chains to draws that a truth can be ranked among."""
    mocks = mock_posteriors(key, setup, num_observations, settings, checkpoint=checkpoint, digest=digest)
    picked = ((np.arange(NUM_RANKED // NUM_CHAINS) + 0.5) * settings.num_draws * NUM_CHAINS / NUM_RANKED).astype(int)
    thinned = mocks.draws[:, :, picked].reshape(len(mocks.x), NUM_RANKED, -1)
    return Replicas(
        mocks.theta,
        thinned,
        mocks.estimates,
        mocks.num_discarded,
        mocks.num_gradients,
        sum(_is_slow(one) for one in mocks.draws),
    )


def _is_slow(draws: np.ndarray) -> bool:
    table = diagnostics.summarise(draws, [str(index) for index in range(draws.shape[-1])])
    fine = (table["rhat"] <= MAX_RHAT) & (table[["ess_bulk", "ess_tail"]].min(axis=1) >= NUM_RANKED)
    return not fine.all()
