"""Explicit posteriors of many mocks: where chains do not pass the gate there are more, and none is left out unseen."""

import functools

import jax
import numpy as np
import pytest
from small_problem import small_lensing

from fullfield.pipeline import mock_posteriors
from fullfield.pipeline.mock_posteriors import ROUNDS, Gate, MockSettings
from fullfield.resume import Resume
from fullfield.samplers import ChainSettings

# The same everywhere, and so few programs.
CHAINS = ChainSettings(num_chains=2, num_warmup=13, num_draws=12)


@functools.cache
def setup():
    return small_lensing()


@functools.cache
def ungated():
    return mock_posteriors.mock_posteriors(jax.random.key(0), setup(), MockSettings(2, CHAINS))


def gate_of(*passing):
    """Return a gate that is passed when it is asked for the given times, and the shapes that it is asked about."""
    asked = []

    class Picky(Gate):
        def is_passed(self, draws):
            asked.append(draws.shape)
            return len(asked) in passing

    return Picky(1.0, 0.0), asked


@pytest.fixture(scope="module")
def hopeless(tmp_path_factory):
    """Return one of two observations whose chains never pass, what the gate saw, and the checkpoint."""
    gate, asked = gate_of()
    resume = Resume(tmp_path_factory.mktemp("hopeless") / "mocks.safetensors", "a", interval=-1.0)
    settings = MockSettings(2, CHAINS, gate, part=0, num_parts=2)
    return mock_posteriors.mock_posteriors(jax.random.key(0), setup(), settings, resume=resume), asked, resume


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
    first = ungated()
    assert first.passed.all()
    # The second observation passes at once, the first with a second set of chains.
    gate, asked = gate_of(2, 3)
    resume = Resume(tmp_path / "mocks.safetensors", "a", interval=-1.0)
    settings = MockSettings(2, CHAINS, gate)
    second = mock_posteriors.mock_posteriors(jax.random.key(0), setup(), settings, resume=resume)
    assert {path.name for path in tmp_path.iterdir()} == {"mocks.safetensors", "mocks.further_0.safetensors"}
    assert asked == [(2, 12, 6)] * 2 + [(4, 12, 6)]
    assert second.passed.all()
    assert second.draws.shape == first.draws.shape
    np.testing.assert_array_equal(second.draws[1], first.draws[1])
    # Half of the draws are of the first set, in their order.
    np.testing.assert_array_equal(second.draws[0][:, :6], first.draws[0][:, 1::2])
    assert not np.isin(second.draws[0][:, 6:], first.draws[0]).any()
    assert second.num_gradients > first.num_gradients


@pytest.mark.slow
def test_chains_that_never_pass_are_kept_and_marked(hopeless):
    made, asked, resume = hopeless
    assert asked == [(2, 12, 6), (4, 12, 6), (6, 12, 6), (8, 12, 6)]
    assert made.passed.tolist() == [False]
    assert made.draws.shape == (1, *ungated().draws.shape[1:])
    # Four sets of chains of one observation, one set of two.
    assert made.num_gradients > ungated().num_gradients
    parts = {f"mocks.further_{again}.safetensors" for again in range(ROUNDS)}
    assert {path.name for path in resume.path.parent.iterdir()} == {"mocks.safetensors"} | parts
    resume.remove()
    assert not list(resume.path.parent.iterdir())


@pytest.mark.slow
def test_parts_share_the_observations_and_have_random_numbers_of_their_own(hopeless):
    whole = ungated()
    settings = MockSettings(2, CHAINS, part=1, num_parts=2)
    parts = [hopeless[0], mock_posteriors.mock_posteriors(jax.random.key(0), setup(), settings)]
    for part, own in enumerate(parts):
        np.testing.assert_array_equal(own.theta, whole.theta[part::2])
        np.testing.assert_array_equal(own.x, whole.x[part::2])
    assert not np.isin(parts[1].draws, parts[0].draws).any()
    assert not np.isin(parts[0].draws[0], whole.draws[0]).any()
