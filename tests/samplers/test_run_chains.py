"""The driver of chains: interrupted runs go on bit for bit, and a chain that rejects stays where it is."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.samplers import NUTSSettings, chains, nuts, run_chains
from fullfield.samplers.nuts import Info

NUM_WARMUP, NUM_DRAWS, CHUNK = 40, 50, 10
STARTS = {"u": jnp.array([[0.5, -1.0], [2.0, 0.0]]), "w": jnp.ones((2, 3))}


def target(u, w):
    return -0.5 * jnp.sum(u**2) - 0.5 * jnp.sum((w - u[0]) ** 2)


def run(**settings):
    return run_chains(
        jax.random.key(0),
        nuts(target, NUTSSettings(NUM_WARMUP, max_tree_depth=4)),
        STARTS,
        num_warmup=NUM_WARMUP,
        num_draws=NUM_DRAWS,
        collect=lambda state: state.z,
        **{"chunk": CHUNK, **settings},
    )


def assert_same(first, second):
    for one, other in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True):
        np.testing.assert_array_equal(one, other)


class Interruption(RuntimeError):
    pass


@pytest.fixture
def interrupted(tmp_path, monkeypatch):
    """Return a function that stops a run after some chunks and gives its checkpoint and a count of the chunks made."""
    monkeypatch.setattr(chains, "CHECKPOINT_INTERVAL", 0.0)
    advance, calls = chains._advance, []

    def stop_after(num_chunks):
        def counted(*arguments):
            if len(calls) == limit[0]:
                raise Interruption
            calls.append(1)
            return advance(*arguments)

        limit = [num_chunks]
        monkeypatch.setattr(chains, "_advance", counted)
        with pytest.raises(Interruption):
            run(checkpoint=tmp_path / "chains", digest="a")
        calls.clear()
        limit[0] = None
        return tmp_path / "chains", calls

    return stop_after


@pytest.fixture(scope="module")
def whole():
    return run()


def test_shapes(whole):
    assert whole.draws["u"].shape == (2, NUM_DRAWS, 2)
    assert whole.draws["w"].shape == (2, NUM_DRAWS, 3)
    assert all(leaf.shape == (2, NUM_WARMUP + NUM_DRAWS) for leaf in whole.info)
    assert whole.num_gradients == whole.info.num_gradients.sum()
    assert (whole.draws["u"][0] != whole.draws["u"][1]).all()


@pytest.mark.parametrize("num_chunks", [2, 6], ids=["in warm-up", "while sampling"])
def test_an_interrupted_run_resumes_bit_for_bit(whole, interrupted, num_chunks):
    checkpoint, calls = interrupted(num_chunks)
    resumed = run(checkpoint=checkpoint, digest="a")
    assert len(calls) == 9 - num_chunks
    assert_same(resumed, whole)


def test_a_finished_run_is_not_repeated(whole, interrupted):
    checkpoint, calls = interrupted(0)
    run(checkpoint=checkpoint, digest="a")
    calls.clear()
    assert_same(run(checkpoint=checkpoint, digest="a"), whole)
    assert calls == []


@pytest.mark.parametrize("spoil", ["digest", "bytes"])
def test_a_checkpoint_of_something_else_is_ignored(whole, interrupted, spoil):
    checkpoint, calls = interrupted(3)
    if spoil == "bytes":
        checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    afresh = run(checkpoint=checkpoint, digest="b" if spoil == "digest" else "a")
    assert len(calls) == 9
    assert_same(afresh, whole)


def test_results_do_not_depend_on_the_chunk(whole):
    assert_same(run(chunk=37), whole)


def test_a_kernel_that_rejects_everything_repeats_its_state():
    def step(state):
        return state, Info(jnp.array(1), jnp.zeros(()), jnp.array(False), jnp.zeros(()), jnp.ones(()))

    stuck = run_chains(
        jax.random.key(0),
        (lambda key, position: position, step),
        STARTS,
        num_warmup=3,
        num_draws=4,
        collect=lambda state: state["u"],
        chunk=2,
    )
    np.testing.assert_array_equal(stuck.draws, np.repeat(STARTS["u"][:, None], 4, axis=1))
    assert stuck.num_gradients == 2 * 7
