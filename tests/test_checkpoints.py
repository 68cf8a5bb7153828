"""Checkpoints come back leaf by leaf, or not at all; a job that resumes does what is left."""

import logging

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield import io, resume
from fullfield.resume import Course, Resume, digest, run


def state(value=1.0):
    return {
        "params": {"w": jnp.full((2, 3), value).T, "scale": jnp.array(value)},
        "step": np.array(7, np.int32),
        "count": np.array(5, np.int32),
        "key": jax.random.key(3),
        "keys": jax.random.split(jax.random.key(4), 2),
        "done": np.array([True, False]),
        "nothing": np.zeros((0, 4), np.float32),
    }


def test_checkpoint_round_trip(tmp_path):
    like = state(0.0) | {"key": jax.random.key(0), "keys": jax.random.split(jax.random.key(0), 2)}
    saved = state()
    checkpoint = Resume(tmp_path / "state", "digest")
    checkpoint.save(saved)
    loaded = checkpoint.load(like)
    assert jax.tree.structure(loaded) == jax.tree.structure(saved)
    for new, old in zip(jax.tree.leaves(loaded), jax.tree.leaves(saved), strict=True):
        assert new.shape == np.shape(old)
        assert np.all(new == old)
    draw, expected = (jax.random.normal(tree["keys"][1], (3,)) for tree in (loaded, saved))
    np.testing.assert_array_equal(draw, expected)


def without_a_leaf():
    return {name: value for name, value in state().items() if name != "done"}


@pytest.mark.parametrize(
    ("found", "like"),
    [
        ("other", state()),
        ("digest", without_a_leaf()),
        ("digest", state() | {"step": np.zeros(1, np.int32)}),
        ("digest", state() | {"step": np.array(7.0, np.float32)}),
        ("digest", state() | {"keys": jax.random.split(jax.random.key(4), 3)}),
    ],
    ids=["digest", "leaf", "shape", "type", "keys"],
)
def test_a_checkpoint_of_something_else_is_not_read(tmp_path, caplog, found, like):
    checkpoint = Resume(tmp_path / "state", "digest")
    checkpoint.save(state())
    assert checkpoint.load(state()) is not None
    with caplog.at_level(logging.INFO):
        assert Resume(tmp_path / "state", found).load(like) is None
    assert "belongs to other settings, code or inputs: starting afresh, that one is kept as" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["state.other"]


@pytest.mark.parametrize(
    "spoil", [lambda content: content[:40], lambda content: content[:-8], lambda content: b"", bytes.swapcase]
)
def test_a_damaged_checkpoint_is_not_read(tmp_path, caplog, spoil):
    checkpoint = Resume(tmp_path / "state", "digest")
    checkpoint.save(state())
    checkpoint.path.write_bytes(spoil(checkpoint.path.read_bytes()))
    assert checkpoint.load(state()) is None
    assert "starting afresh" in caplog.text


def test_no_checkpoint(tmp_path):
    checkpoint = Resume.of(tmp_path / "state", "settings")
    assert checkpoint.load(state()) is None
    checkpoint.remove()
    checkpoint.save(state())
    checkpoint.remove()
    assert list(tmp_path.iterdir()) == []


def test_digest_sees_settings_and_contents_of_files_not_their_names(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    two.write_text("a")
    assert digest({"a": 1, "b": 2}, one) == digest({"b": 2, "a": 1}, two)
    assert digest({"a": 1}, one) != digest({"a": 2}, one)
    assert Resume.of("state", {"a": 1}, one).digest == digest({"a": 1}, one)
    two.write_text("b")
    assert digest({"a": 1}, one) != digest({"a": 1}, two)


def test_digest_sees_the_settings_beside_weights(tmp_path):
    found = []
    for width in (1, 2):
        io.save_params(tmp_path / "net.safetensors", {"w": jnp.ones(3)}, {"width": width})
        found.append(digest(tmp_path / "net.safetensors"))
    assert found[0] != found[1]


# --- the loop --------------------------------------------------------------------------------------------------------


class Interruption(Exception):
    pass


COURSE = Course("step", 10, position=int, describe=lambda state: f"value {state}")


def counting(stop=None):
    """Return a function that counts in threes, breaks off at `stop`, and the list of where it was called."""
    calls = []

    def advance(state):
        if stop is not None and state >= stop:
            raise Interruption
        calls.append(int(state))
        return state + np.int32(3)

    return advance, calls


def test_a_job_goes_on_from_its_last_checkpoint(tmp_path, caplog):
    checkpoint, start = Resume(tmp_path / "state", "a", interval=-1.0), np.zeros((), np.int32)
    advance, _ = counting(stop=6)
    with pytest.raises(Interruption):
        run(start, advance, COURSE, checkpoint)
    advance, calls = counting()
    with caplog.at_level(logging.INFO, logger="fullfield"):
        assert run(start, advance, COURSE, checkpoint) == 12
    assert calls == [6, 9]
    assert "resuming at step 6 of 10" in caplog.text
    assert "step 10/10  value 12  finished" in caplog.text
    # The end is a checkpoint, too: what comes after the loop may be interrupted.
    assert run(start, advance, COURSE, checkpoint) == 12
    assert calls == [6, 9]


def test_without_a_checkpoint_nothing_is_written(tmp_path):
    advance, calls = counting()
    assert run(np.zeros((), np.int32), advance, COURSE) == 12
    assert len(calls) == 4
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_keep_their_interval(tmp_path):
    checkpoint = Resume(tmp_path / "state", "a", interval=1000.0)
    advance, _ = counting(stop=6)
    with pytest.raises(Interruption):
        run(np.zeros((), np.int32), advance, COURSE, checkpoint)
    assert not checkpoint.path.exists()


def test_a_job_may_stop_before_its_end(monkeypatch, caplog):
    monkeypatch.setattr(resume, "LOG_INTERVAL", -1.0)
    course = Course("view", 1000, position=int, is_stopped=lambda state: state >= 6)
    advance, calls = counting()
    with caplog.at_level(logging.INFO, logger="fullfield"):
        assert run(np.zeros((), np.int32), advance, course) == 6
    assert calls == [0, 3]
    assert "view 3/1000  at most 0 s left" in caplog.text
    assert "view 6/1000  finished" in caplog.text
