"""Data as their own summary."""

import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.compress import LOSSES, load_compressors, save_compressors
from fullfield.compress.untrained import NONE, uncompressed
from fullfield.settings import registry


def test_vectors_are_standardised_and_left_as_they_are(tmp_path):
    x = jnp.asarray(np.random.default_rng(0).normal(3.0, 2.0, size=(200, 5)), jnp.float32)
    compressor = uncompressed(x)
    assert compressor.num_summaries == 5
    np.testing.assert_allclose(compressor(x), (x - x.mean(0)) / x.std(0), atol=1e-5)
    save_compressors(tmp_path / "none.safetensors", [compressor], {})
    np.testing.assert_array_equal(load_compressors(tmp_path / "none.safetensors")[0](x), compressor(x))


def test_its_name_is_no_loss():
    assert registry.NO_COMPRESSOR == NONE
    assert NONE not in LOSSES
    assert registry.compressors() == [*registry.losses(), NONE]
    assert registry.loss_module(NONE) == "compress.untrained"
    with pytest.raises(KeyError):
        registry.loss_module("nothing")
