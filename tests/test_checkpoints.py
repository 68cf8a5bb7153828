"""Checkpoints come back leaf by leaf, or not at all."""

import logging

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield import io


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
    io.save_checkpoint(tmp_path / "state", saved, "digest")
    loaded = io.load_checkpoint(tmp_path / "state", like, "digest")
    assert jax.tree.structure(loaded) == jax.tree.structure(saved)
    for new, old in zip(jax.tree.leaves(loaded), jax.tree.leaves(saved), strict=True):
        assert new.shape == np.shape(old)
        assert np.all(new == old)
    draw, expected = (jax.random.normal(tree["keys"][1], (3,)) for tree in (loaded, saved))
    np.testing.assert_array_equal(draw, expected)


def without_a_leaf():
    return {name: value for name, value in state().items() if name != "done"}


@pytest.mark.parametrize(
    ("digest", "like"),
    [
        ("other", state()),
        ("digest", without_a_leaf()),
        ("digest", state() | {"step": np.zeros(1, np.int32)}),
        ("digest", state() | {"step": np.array(7.0, np.float32)}),
        ("digest", state() | {"keys": jax.random.split(jax.random.key(4), 3)}),
    ],
    ids=["digest", "leaf", "shape", "type", "keys"],
)
def test_a_checkpoint_of_something_else_is_not_read(tmp_path, caplog, digest, like):
    io.save_checkpoint(tmp_path / "state", state(), "digest")
    assert io.load_checkpoint(tmp_path / "state", state(), "digest") is not None
    with caplog.at_level(logging.INFO):
        assert io.load_checkpoint(tmp_path / "state", like, digest) is None
    assert "belongs to other settings, code or inputs: starting afresh" in caplog.text


@pytest.mark.parametrize(
    "spoil", [lambda content: content[:40], lambda content: content[:-8], lambda content: b"", bytes.swapcase]
)
def test_a_damaged_checkpoint_is_not_read(tmp_path, caplog, spoil):
    path = tmp_path / "state"
    io.save_checkpoint(path, state(), "digest")
    path.write_bytes(spoil(path.read_bytes()))
    assert io.load_checkpoint(path, state(), "digest") is None
    assert "starting afresh" in caplog.text


def test_no_checkpoint(tmp_path):
    assert io.load_checkpoint(tmp_path / "state", state(), "digest") is None
    io.remove_checkpoint(tmp_path / "state")
    io.save_checkpoint(tmp_path / "state", state(), "digest")
    io.remove_checkpoint(tmp_path / "state")
    assert list(tmp_path.iterdir()) == []
