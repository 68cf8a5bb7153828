"""Is the explicit posterior itself calibrated? Chains on many small mock observations at draws of the prior."""

from typing import NamedTuple

import numpy as np

from fullfield.metrics import chains as diagnostics
from fullfield.pipeline.mock_posteriors import MockSettings, mock_posteriors
from fullfield.pipeline.ranked_draws import ranked_draws
from fullfield.pipeline.setup import Lensing
from fullfield.resume import Resume
from fullfield.types import RandomKey

MAX_RHAT = 1.1


class RankedMocks(NamedTuple):
    """Mock observations with draws that their truths are ranked among."""

    theta: np.ndarray
    """(observation, p) truths."""
    draws: np.ndarray
    """(observation, num_ranked, p) thinned draws."""
    summaries: np.ndarray
    """(observation, p) most probable u under the Gaussian-field likelihood."""
    num_discarded: int
    """Simulations left out as invalid."""
    num_gradients: int
    num_slow: int
    """Observations whose chains disagree, or have fewer effective draws of a parameter than are ranked."""


def sample_mocks(
    key: RandomKey, setup: Lensing, settings: MockSettings, num_ranked: int, *, resume: Resume | None = None
) -> RankedMocks:
    """Sample as `mock_posteriors` does and thin the chains to draws that a truth can be ranked among.

    Parameters
    ----------
    key, setup, settings, resume
        As in `mock_posteriors`.
    num_ranked
        Draws that a truth is ranked among: thinned, for ranks of correlated draws are not uniform.

    Returns
    -------
    RankedMocks
    """
    mocks = mock_posteriors(key, setup, settings, resume=resume)
    return RankedMocks(
        mocks.theta,
        ranked_draws(mocks.draws, num_ranked),
        mocks.estimates,
        mocks.num_discarded,
        mocks.num_gradients,
        sum(_is_slow(one, num_ranked) for one in mocks.draws),
    )


def _is_slow(draws: np.ndarray, num_ranked: int) -> bool:
    table = diagnostics.summarise(draws, [str(index) for index in range(draws.shape[-1])])
    fine = (table["rhat"] <= MAX_RHAT) & (table[["ess_bulk", "ess_tail"]].min(axis=1) >= num_ranked)
    return not fine.all()
