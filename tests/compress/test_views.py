"""Stored views: every row from its own seed, and an interrupted job ends with the same rows."""

import logging

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.compress import views
from fullfield.compress.views import Source, stored_views
from fullfield.resume import Resume

NUM_SIMULATIONS, NUM_VIEWS, CHUNK = 13, 3, 8


def generate(index, data):
    signal = jax.random.normal(jax.random.fold_in(data, index), (2,))
    return signal[:1], signal, index % 5 != 4


def observe(key, signal):
    return signal + 0.1 * jax.random.normal(key, signal.shape)


def features(x):
    return jnp.concatenate([x, x * jnp.array([2.0, 3.0])])


def make(resume=None):
    source = Source(generate, jax.random.key(1), observe, features)
    return stored_views(jax.random.key(0), source, NUM_SIMULATIONS, NUM_VIEWS, resume=resume)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(views, "CHUNK", CHUNK)


def test_views_share_the_signal_and_differ_in_noise():
    made = make()
    u = made.u.reshape(NUM_VIEWS, NUM_SIMULATIONS, 1)
    x = made.features[:, :2].reshape(NUM_VIEWS, NUM_SIMULATIONS, 2)
    valid = made.valid.reshape(NUM_VIEWS, NUM_SIMULATIONS)
    np.testing.assert_array_equal(u[0], u[1])
    np.testing.assert_array_equal(valid, np.tile(np.arange(NUM_SIMULATIONS) % 5 != 4, (NUM_VIEWS, 1)))
    noise = (x - x.mean(0))[:, valid[0]]
    assert 0.05 < noise.std() < 0.15
    np.testing.assert_array_equal(made.features[~made.valid], 0.0)
    np.testing.assert_allclose(made.features[:, 2:], made.features[:, :2] * np.array([2.0, 3.0]), rtol=1e-6)


def test_chunks_do_not_matter(small_chunks, monkeypatch):
    small = make()
    monkeypatch.setattr(views, "CHUNK", 1000)
    jax.tree.map(np.testing.assert_array_equal, small, make())


def test_interrupted_views_resume(small_chunks, monkeypatch, tmp_path, caplog):
    resume, save = Resume(tmp_path / "views.safetensors", "a", interval=-1.0), Resume.save
    saved = []

    def save_and_stop(*arguments):
        save(*arguments)
        saved.append(arguments[0])
        if len(saved) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Resume, "save", save_and_stop)
    with pytest.raises(KeyboardInterrupt):
        make(resume)
    monkeypatch.setattr(Resume, "save", save)
    with caplog.at_level(logging.INFO, logger="fullfield"):
        resumed = make(resume)
    assert f"resuming at view {2 * CHUNK} of {NUM_SIMULATIONS * NUM_VIEWS}" in caplog.text
    jax.tree.map(np.testing.assert_array_equal, resumed, make())


def test_a_checkpoint_of_something_else_is_not_used(small_chunks, tmp_path, caplog):
    path = tmp_path / "views.safetensors"
    first = make(Resume(path, "a"))
    with caplog.at_level(logging.INFO, logger="fullfield"):
        again = make(Resume(path, "b"))
    assert "belongs to other settings, code or inputs" in caplog.text
    jax.tree.map(np.testing.assert_array_equal, again, first)
