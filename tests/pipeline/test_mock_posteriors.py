"""Explicit posteriors of many mocks: chains that do not pass the gate are sampled anew, and none is left out unseen."""

import jax
import numpy as np
import pytest
from small_problem import small_lensing

from fullfield.pipeline import mock_posteriors
from fullfield.pipeline.mock_posteriors import Gate, MockSettings
from fullfield.resume import Resume
from fullfield.samplers import ChainSettings


def test_gate_wants_chains_that_agree_and_are_long_enough():
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(4, 300, 2))
    assert Gate(1.02, 500).is_passed(draws)
    assert not Gate(1.02, 5000).is_passed(draws)
    apart = draws + 3.0 * np.arange(4)[:, None, None]
    assert not Gate(1.02, 10).is_passed(apart)
    assert not Gate(1.02, 500).is_passed(np.where(draws > 3.0, np.nan, draws))


@pytest.mark.slow
def test_slow_chains_are_sampled_anew(tmp_path):
    settings = MockSettings(3, ChainSettings(num_chains=3, num_warmup=20, num_draws=20))
    asked = []

    class Picky(Gate):
        def is_passed(self, draws):
            asked.append(draws.shape)
            # The second observation passes at once, the first after longer chains, the third never.
            return len(asked) in (2, 4)

    first = mock_posteriors.mock_posteriors(jax.random.key(0), small_lensing(), settings)
    assert first.passed.all()
    gated = MockSettings(3, settings.chains, Picky(1.0, 0.0))
    resume = Resume(tmp_path / "mocks.safetensors", "a", interval=-1.0)
    second = mock_posteriors.mock_posteriors(jax.random.key(0), small_lensing(), gated, resume=resume)
    assert {path.name for path in tmp_path.iterdir()} == {"mocks.safetensors", "mocks.longer.safetensors"}
    resume.remove()
    assert not list(tmp_path.iterdir())
    assert asked == [(3, 20, 6)] * 3 + [(3, 80, 6)] * 2
    assert second.passed.tolist() == [True, True, False]
    assert second.draws.shape == first.draws.shape
    np.testing.assert_array_equal(second.draws[1], first.draws[1])
    assert not np.array_equal(second.draws[0], first.draws[0])
    assert second.num_gradients > 2 * first.num_gradients
