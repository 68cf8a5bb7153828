"""Fits of a compressor: invalid simulations, and files. What a fit converges to is in test_losses.py."""

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.compress import LOSSES, CompressorSettings, Source, fit_compressor, load_compressors, save_compressors
from fullfield.train import FitSettings


def fit(u, x, settings, generate=None):
    """Train a VMIM compressor on stored rows and return it with its learning curves."""
    data = (jnp.asarray(u, jnp.float32), jnp.asarray(x, jnp.float32))
    generate = generate or (lambda index, data: (data[0][index], data[1][index], jnp.array(True)))
    loss = LOSSES["mse"](u.shape[1])
    compressors, history = fit_compressor(jax.random.key(0)[None], loss, Source(generate, data), settings)
    return compressors[0], history


def test_invalid_simulations_count_for_nothing():
    rng = np.random.default_rng(2)
    u = rng.normal(size=(600, 1))
    x = np.concatenate([u + 0.5 * rng.normal(size=u.shape), rng.normal(size=u.shape)], axis=1)
    settings = CompressorSettings(500, 100, 64, FitSettings(20, steps_per_round=10), num_hidden=8)

    def with_garbage(value):
        spoiled = x.copy()
        spoiled[::7] = value

        def generate(index, data):
            return data[0][index], data[1][index], index % 7 != 0

        return fit(u, spoiled, settings, generate)

    (first, history), (second, other) = with_garbage(np.nan), with_garbage(1e30)
    assert np.isfinite(history["validation"]).all()
    np.testing.assert_array_equal(history, other)
    jax.tree.map(np.testing.assert_array_equal, first.params, second.params)
    # Garbage that is declared valid is seen.
    spoiled = x.copy()
    spoiled[::7] = 50.0
    assert not np.array_equal(fit(u, spoiled, settings)[1], history)


def test_saved_compressor_gives_the_same_summaries(tmp_path):
    rng = np.random.default_rng(1)
    u, x = rng.normal(size=(600, 2)), rng.normal(size=(600, 8))
    compressor, _ = fit(u, x, CompressorSettings(500, 100, 64, FitSettings(10, steps_per_round=10), num_hidden=8))
    save_compressors(tmp_path / "mse.safetensors", [compressor], {"seed": 0})
    loaded = load_compressors(tmp_path / "mse.safetensors")[0]
    rows = jnp.asarray(x[:5], jnp.float32)
    assert loaded.network == compressor.network
    np.testing.assert_array_equal(loaded(rows), compressor(rows))
