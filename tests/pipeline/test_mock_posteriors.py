"""Explicit posteriors of many mocks: where chains do not pass the gate there are more, and none is left out unseen."""

import jax
import numpy as np
import pytest
from small_problem import small_lensing

from fullfield.pipeline import mock_posteriors
from fullfield.pipeline.mock_posteriors import ROUNDS, Gate, MockSettings
from fullfield.resume import Resume
from fullfield.samplers import ChainSettings

# The same everywhere, and so few programs.
CHAINS = ChainSettings(num_chains=3, num_warmup=20, num_draws=20)


def test_gate_wants_chains_that_agree_and_are_long_enough():
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(4, 300, 2))
    assert Gate(1.02, 500).is_passed(draws)
    assert not Gate(1.02, 5000).is_passed(draws)
    apart = draws + 3.0 * np.arange(4)[:, None, None]
    assert not Gate(1.02, 10).is_passed(apart)
    assert not Gate(1.02, 500).is_passed(np.where(draws > 3.0, np.nan, draws))


@pytest.mark.slow
def test_slow_chains_get_further_ones(tmp_path):
    settings = MockSettings(3, CHAINS)
    asked = []

    class Picky(Gate):
        def is_passed(self, draws):
            asked.append(draws.shape)
            # The second observation passes at once, the first with a second set of chains, the third never.
            return len(asked) in (2, 4)

    first = mock_posteriors.mock_posteriors(jax.random.key(0), small_lensing(), settings)
    assert first.passed.all()
    gated = MockSettings(3, settings.chains, Picky(1.0, 0.0))
    resume = Resume(tmp_path / "mocks.safetensors", "a", interval=-1.0)
    second = mock_posteriors.mock_posteriors(jax.random.key(0), small_lensing(), gated, resume=resume)
    parts = {f"mocks.further_{again}.safetensors" for again in range(ROUNDS)}
    assert {path.name for path in tmp_path.iterdir()} == {"mocks.safetensors"} | parts
    resume.remove()
    assert not list(tmp_path.iterdir())
    assert asked == [(3, 20, 6)] * 3 + [(6, 20, 6)] * 2 + [(9, 20, 6), (12, 20, 6)]
    assert second.passed.tolist() == [True, True, False]
    assert second.draws.shape == first.draws.shape
    np.testing.assert_array_equal(second.draws[1], first.draws[1])
    # Half of the draws are of the first set, in their order.
    np.testing.assert_array_equal(second.draws[0][:, :10], first.draws[0][:, 1::2])
    assert not np.isin(second.draws[0][:, 10:], first.draws[0]).any()
    assert second.num_gradients > 2 * first.num_gradients


@pytest.mark.slow
def test_parts_share_the_observations_and_have_random_numbers_of_their_own():
    key, setup = jax.random.key(0), small_lensing()
    whole = mock_posteriors.mock_posteriors(key, setup, MockSettings(3, CHAINS))
    parts = [
        mock_posteriors.mock_posteriors(key, setup, MockSettings(3, CHAINS, part=part, num_parts=2)) for part in (0, 1)
    ]
    for part, own in enumerate(parts):
        np.testing.assert_array_equal(own.theta, whole.theta[part::2])
        np.testing.assert_array_equal(own.x, whole.x[part::2])
    assert not np.isin(parts[1].draws, parts[0].draws).any()
    assert not np.isin(parts[0].draws[0], whole.draws[0]).any()
