"""Is the explicit posterior itself calibrated? Chains on many small mock observations at draws of the prior."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from fullfield.metrics import chains as diagnostics
from fullfield.pipeline.mock_posteriors import NUM_CHAINS, mock_posteriors
from fullfield.pipeline.reference import ChainSettings
from fullfield.pipeline.setup import Lensing
from fullfield.types import RandomKey

NUM_RANKED = 50
"""Draws that a truth is ranked among: thinned, for ranks of correlated draws are not uniform."""
MAX_RHAT = 1.1


class RankedMocks(NamedTuple):
    """Mock observations with draws that their truths are ranked among."""

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


def sample_mocks(
    key: RandomKey,
    setup: Lensing,
    num_observations: int,
    settings: ChainSettings,
    *,
    checkpoint: str | Path | None = None,
    digest: str = "",
) -> RankedMocks:
    """Sample as `mock_posteriors` does and thin the chains to draws that a truth can be ranked among."""
    mocks = mock_posteriors(key, setup, num_observations, settings, checkpoint=checkpoint, digest=digest)
    picked = ((np.arange(NUM_RANKED // NUM_CHAINS) + 0.5) * settings.num_draws * NUM_CHAINS / NUM_RANKED).astype(int)
    thinned = mocks.draws[:, :, picked].reshape(len(mocks.x), NUM_RANKED, -1)
    return RankedMocks(
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
