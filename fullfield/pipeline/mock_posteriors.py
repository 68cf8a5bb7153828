"""Explicit posteriors of many mock observations at draws of the prior."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from fullfield.pipeline.gaussian_posterior import Whitening
from fullfield.pipeline.problem import Lensing
from fullfield.pipeline.reference import Target, sample_reference
from fullfield.pipeline.setup import gaussian_field_of
from fullfield.resume import Resume
from fullfield.samplers import ChainSettings
from fullfield.tasks import simulate
from fullfield.types import RandomKey


@dataclasses.dataclass(frozen=True)
class MockSettings:
    """Budget of explicit posteriors of mock observations.

    Attributes
    ----------
    num_observations
        Mock observations; invalid ones among them are left out.
    chains
        Budget of the chains of each.
    """

    num_observations: int
    chains: ChainSettings

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "MockSettings":
        """Return the settings that a block of the configuration holds."""
        return cls(budget["num_observations"], ChainSettings.from_budget(budget))


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
    key: RandomKey, setup: Lensing, settings: MockSettings, *, resume: Resume | None = None
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
    settings
        Numbers of observations, chains and steps.
    resume
        As in `samplers.run_chains`.

    Returns
    -------
    MockPosteriors
    """
    simulation_key, chain_key = jax.random.split(key)
    simulations = simulate(simulation_key, setup.task, settings.num_observations)
    valid = np.asarray(simulations.num_invalid) == 0
    x, theta = simulations.x[valid], np.asarray(simulations.theta)[valid]
    estimate = jax.jit(lambda x: jax.lax.map(gaussian_field_of(setup).estimate, x))(x)
    factor = np.linalg.cholesky(np.linalg.inv(np.asarray(estimate.precision, np.float64))).astype(np.float32)
    whitening = Whitening(np.asarray(estimate.u), factor)
    chains = sample_reference(chain_key, Target(setup.task, x, whitening), settings.chains, resume=resume)
    draws = np.asarray(chains.draws).reshape(len(x), settings.chains.num_chains, settings.chains.num_draws, -1)
    return MockPosteriors(theta, np.asarray(x), draws, whitening.mean, int(np.sum(~valid)), chains.num_gradients)
