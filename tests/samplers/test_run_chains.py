"""The driver of chains: interrupted runs go on bit for bit, with every sampler, and a chain that rejects stays."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.resume import Resume
from fullfield.samplers import (
    MAMSSettings,
    NUTSSettings,
    Plan,
    SplitHMCSettings,
    chains,
    mams,
    nuts,
    run_chains,
    split_hmc,
)
from fullfield.samplers.chains import Info
from fullfield.samplers.moments import Moments

NUM_WARMUP, NUM_DRAWS, CHUNK = 50, 75, 5
STARTS = {"u": jnp.array([[0.5, -1.0], [2.0, 0.0]]), "w": jnp.ones((2, 3))}


DATA = jnp.array([0.3, -0.3])
SAMPLERS = {
    "nuts": lambda: nuts(target, NUTSSettings(NUM_WARMUP, max_tree_depth=4, mass="dense")),
    "split_hmc": lambda: split_hmc(target, SplitHMCSettings(NUM_WARMUP)),
    "mams": lambda: mams(target, MAMSSettings(NUM_WARMUP)),
}


def target(position, data):
    u, w = position["u"], position["w"]
    return -0.5 * jnp.sum(u**2) - 0.5 * jnp.sum((w - u[0] - data) ** 2)


def summary(position, data):
    return position["w"] + data


PLAN = Plan(NUM_WARMUP, NUM_DRAWS, collect=lambda position, data: position, summarise=summary, chunk=CHUNK)


@pytest.fixture(scope="module", params=SAMPLERS)
def run(request):
    """Return a function that runs two chains, each with data of its own."""

    def run(resume=None, **changes):
        plan = dataclasses.replace(PLAN, **changes)
        return run_chains(jax.random.key(0), SAMPLERS[request.param](), STARTS, plan, data=DATA, resume=resume)

    return run


def assert_same(first, second):
    for one, other in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True):
        np.testing.assert_array_equal(one, other)


class State(NamedTuple):
    position: Any


class Interruption(RuntimeError):
    pass


@pytest.fixture
def interrupted(run, tmp_path, monkeypatch):
    """Return a function that stops a run after some chunks and gives its checkpoint and a count of the chunks made."""
    advance, calls = chains._advance, []
    resume = Resume(tmp_path / "chains", "a", interval=-1.0)

    def stop_after(num_chunks):
        def counted(*arguments):
            if len(calls) == limit[0]:
                raise Interruption
            calls.append(1)
            return advance(*arguments)

        limit = [num_chunks]
        monkeypatch.setattr(chains, "_advance", counted)
        with pytest.raises(Interruption):
            run(resume)
        calls.clear()
        limit[0] = None
        return resume, calls

    return stop_after


@pytest.fixture(scope="module")
def whole(run):
    return run()


def test_shapes(whole):
    assert whole.draws["u"].shape == (2, NUM_DRAWS, 2)
    assert whole.draws["w"].shape == (2, NUM_DRAWS, 3)
    assert all(leaf.shape == (2, NUM_WARMUP + NUM_DRAWS) for leaf in whole.info)
    assert whole.num_gradients == whole.info.num_gradients.sum() + 2
    assert whole.moments.mean.shape == (2, 3)
    assert whole.moments.count == NUM_DRAWS // chains.SUMMARY_INTERVAL
    assert (whole.draws["u"][0] != whole.draws["u"][1]).all()


@pytest.mark.parametrize("num_chunks", [4, 17], ids=["in warm-up", "while sampling"])
def test_an_interrupted_run_resumes_bit_for_bit(run, whole, interrupted, num_chunks):
    resume, calls = interrupted(num_chunks)
    resumed = run(resume)
    assert len(calls) == 25 - num_chunks
    assert_same(resumed, whole)


def test_a_finished_run_is_not_repeated(run, whole, interrupted):
    resume, calls = interrupted(0)
    run(resume)
    calls.clear()
    assert_same(run(resume), whole)
    assert calls == []


@pytest.mark.parametrize("spoil", ["digest", "bytes"])
def test_a_checkpoint_of_something_else_is_ignored(run, whole, interrupted, spoil):
    resume, calls = interrupted(3)
    if spoil == "bytes":
        resume.path.write_bytes(resume.path.read_bytes()[:100])
    afresh = run(dataclasses.replace(resume, digest="b") if spoil == "digest" else resume)
    assert len(calls) == 25
    assert_same(afresh, whole)


def test_results_do_not_depend_on_the_chunk(run, whole):
    other = run(chunk=37, summarise=None)
    assert_same((other.draws, other.info), (whole.draws, whole.info))


def test_a_kernel_that_rejects_everything_repeats_its_state():
    def step(state, data):
        return state, Info(jnp.array(1), jnp.zeros(()), jnp.array(False), jnp.zeros(()), jnp.ones(()))

    stuck = run_chains(
        jax.random.key(0),
        (lambda key, position, data: State(position), step),
        STARTS,
        Plan(3, 4, collect=lambda position, data: position["u"], chunk=2),
    )
    np.testing.assert_array_equal(stuck.draws, np.repeat(STARTS["u"][:, None], 4, axis=1))
    assert stuck.num_gradients == 2 * (1 + 7)


def test_moments_are_those_of_every_25th_state(whole):
    states = (
        np.asarray(whole.draws["w"], np.float64)[:, chains.SUMMARY_INTERVAL - 1 :: chains.SUMMARY_INTERVAL]
        + np.asarray(DATA)[:, None, None]
    )
    np.testing.assert_allclose(whole.moments.mean, states.mean(1), atol=1e-6)
    np.testing.assert_allclose(whole.moments.variance, states.var(1), rtol=1e-5)


def test_moments_of_large_numbers_do_not_cancel():
    values = 1e6 + np.random.default_rng(0).normal(size=(200, 3))
    moments = Moments.zeros(values[0])
    for row in values:
        moments = moments.add(row)
    np.testing.assert_allclose(moments.variance, values.var(0), rtol=1e-6)


def test_every_chain_has_data_of_its_own(whole):
    shift = np.asarray(whole.draws["w"] - whole.draws["u"][..., :1]).mean((1, 2))
    # Twice 100 draws of unit variance, three coordinates each.
    assert abs(shift[0] - shift[1] - 0.6) < 0.4


@pytest.mark.parametrize("settings", [{"chunk": 10}, {"num_warmup": 2, "num_draws": 20}])
def test_a_summary_of_no_state_is_refused(settings):
    with pytest.raises(ValueError, match="leave nothing to summarise: the chunk must divide 25"):
        dataclasses.replace(PLAN, **settings)
