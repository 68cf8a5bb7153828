"""The gate of chains over the parameters alone."""

import numpy as np
import pytest

from fullfield.pipeline.parameter_chains import ParameterChains

BUDGET = {"num_chains": 4, "num_warmup": 300, "num_draws": 1000, "max_rhat": 1.02, "min_ess": 400}
DRAWS = np.random.default_rng(0).normal(size=(4, 1000, 2))


def test_chains_of_one_law_pass():
    ParameterChains.from_budget(BUDGET).require_converged(DRAWS, "power-spectrum")


@pytest.mark.parametrize(
    ("draws", "why"),
    [
        (DRAWS + np.array([1.0, 0.0, 0.0, 0.0])[:, None, None], r"largest R-hat 1\.\d+ \(allowed: 1\.02\)"),
        (DRAWS[:, :50], r"smallest ESS \d+ \(needed: 400\)"),
        (np.full_like(DRAWS, np.nan), "largest R-hat nan"),
    ],
    ids=["apart", "few", "nan"],
)
def test_others_are_refused(draws, why):
    with pytest.raises(ValueError, match=f"chains of the power-spectrum posterior have not converged: .*{why}"):
        ParameterChains.from_budget(BUDGET).require_converged(draws, "power-spectrum")
