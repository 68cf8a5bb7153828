"""Calibration of the chains themselves, on small maps."""

from pathlib import Path

import jax
import numpy as np
from small_problem import small_lensing

from fullfield import io
from fullfield.pipeline.mock_posteriors import MockSettings
from fullfield.samplers import ChainSettings
from fullfield.studies.samplers import calibration

BUDGETS = Path(__file__).parents[3] / "workflow/studies/samplers/budgets.yaml"


def test_mocks_are_ranked_among_thinned_draws():
    budget = {"num_observations": 3, "num_chains": 2, "num_warmup": 20, "num_draws": 60, "num_pixels": 16}
    settings = MockSettings.from_budget(budget)
    mocks = calibration.sample_mocks(jax.random.key(2), small_lensing(), settings, num_ranked=50)
    assert mocks.draws.shape == (3, 50, 6)
    assert mocks.theta.shape == mocks.summaries.shape == (3, 6)
    assert mocks.num_discarded == 0
    assert mocks.num_gradients >= 3 * 2 * 81
    assert np.isfinite(mocks.draws).all()


def test_observations_and_chains_are_set_by_the_budgets():
    for block in io.read_yaml(BUDGETS).values():
        budget = block["calibration"]
        settings = MockSettings.from_budget(budget)
        assert settings.num_observations == budget["num_observations"]
        assert settings.chains == ChainSettings(budget["num_chains"], budget["num_warmup"], budget["num_draws"])
