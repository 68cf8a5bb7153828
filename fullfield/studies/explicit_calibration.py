"""Is the explicit posterior itself calibrated? Chains on many small mock observations at draws of the prior."""

from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from fullfield.metrics import chains as diagnostics
from fullfield.studies.gaussian_posterior import sample_gaussian, whiten
from fullfield.studies.reference import ChainSettings, sample_reference
from fullfield.tasks import Task, simulate
from fullfield.types import RandomKey

NUM_CHAINS = 2
NUM_RANKED = 50
"""Draws that a truth is ranked among: thinned, for ranks of correlated draws are not uniform."""


class Replicas(NamedTuple):
    """Mock observations with their posteriors."""

    theta: np.ndarray
    """(observation, p) truths."""
    draws: np.ndarray
    """(observation, NUM_RANKED, p) thinned draws."""
    summaries: np.ndarray
    """(observation, p) posterior means under the Gaussian-field likelihood."""
    num_discarded: int
    """Simulations left out as invalid."""
    num_gradients: int
    smallest_ess: float
    """Of any parameter in any observation; to be compared with NUM_RANKED."""


def sample_replicas(
    key: RandomKey,
    task: Task,
    num_observations: int,
    settings: ChainSettings,
    *,
    checkpoint: str | Path | None = None,
    digest: str = "",
) -> Replicas:
    """Sample the posteriors of mock observations at draws of the prior, all chains in one compiled program.

    Parameters
    ----------
    key
        A typed key.
    task
        A task with latents and an approximate likelihood.
    num_observations
        Mock observations; invalid ones among them are left out.
    settings
        Budget of the chains of each observation.
    checkpoint, digest
        As in `samplers.run_chains`.

    Returns
    -------
    Replicas
    """
    simulation_key, gaussian_key, chain_key = jax.random.split(key, 3)
    simulations = simulate(simulation_key, task, num_observations)
    valid = np.asarray(simulations.num_invalid) == 0
    x, theta = np.asarray(simulations.x)[valid], np.asarray(simulations.theta)[valid]
    gaussian = sample_gaussian(gaussian_key, task, x, num_chains=NUM_CHAINS)
    whitening = whiten(gaussian.draws, len(x))
    chains = sample_reference(chain_key, task, x, whitening, settings, checkpoint=checkpoint, digest=digest)
    draws = np.asarray(chains.draws).reshape(len(x), settings.num_chains, settings.num_draws, -1)
    every = settings.num_chains * settings.num_draws // NUM_RANKED
    thinned = draws.reshape(len(x), -1, draws.shape[-1])[:, every - 1 :: every][:, :NUM_RANKED]
    return Replicas(
        theta,
        thinned,
        whitening.mean,
        int(np.sum(~valid)),
        chains.num_gradients,
        min(diagnostics.smallest_ess(one) for one in draws),
    )
