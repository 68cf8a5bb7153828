"""Chunks and batches change what is in memory, not what comes out."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.compress import LOSSES, CompressorSettings, Source, fit_compressor
from fullfield.compress.batching import mean_in_chunks
from fullfield.compress.fit import summarise
from fullfield.compress.items import map_items
from fullfield.compress.losses import Batch
from fullfield.compress.networks import SummaryNetwork
from fullfield.compress.standardise import Seen
from fullfield.settings import registry
from fullfield.train import FitSettings

NUM_VALIDATION, BATCH = 100, 16


def equations(jaxpr):
    """Yield every equation of a program, those of its loops and functions included."""
    for equation in jaxpr.eqns:
        yield equation
        for inner in jax.core.jaxprs_in_params(equation.params):
            yield from equations(inner)


def programs(function, *arguments):
    return list(equations(jax.make_jaxpr(function)(*arguments).jaxpr))


# --- items -----------------------------------------------------------------------------------------------------------


def loops(items):
    """Return the lengths of the loops over items."""
    found = [
        equation
        for equation in programs(lambda x: map_items(jnp.sin, x, 8), items)
        if equation.primitive.name == "scan"
    ]
    return [equation.params["length"] for equation in found]


def test_a_cpu_takes_maps_one_by_one_and_a_gpu_in_batches(monkeypatch):
    items = jax.random.normal(jax.random.key(0), (20, 3))
    one_by_one = map_items(jnp.sin, items, 8)
    assert loops(items) == [20]
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert loops(items) == [2]
    np.testing.assert_allclose(map_items(jnp.sin, items, 8), one_by_one, rtol=1e-6)
    keys = jax.random.split(jax.random.key(1), 20)
    found = map_items(jax.random.uniform, keys, 8)
    np.testing.assert_array_equal(found, jax.vmap(jax.random.uniform)(keys))


# --- a mean ----------------------------------------------------------------------------------------------------------


def simulations(num_parameters=2):
    rng = np.random.default_rng(0)
    u = rng.normal(size=(500 + NUM_VALIDATION, num_parameters)).astype(np.float32)
    x = np.concatenate([u + 0.5 * rng.normal(size=u.shape), rng.normal(size=u.shape)], axis=1).astype(np.float32)
    # A whole chunk of the validation is invalid.
    valid = np.ones(len(u), bool)
    valid[500 + BATCH : 500 + 2 * BATCH] = False
    return jnp.asarray(u), jnp.asarray(x), jnp.asarray(valid)


def curves(name, **changes):
    settings = CompressorSettings(
        500, NUM_VALIDATION, BATCH, FitSettings(20, steps_per_round=10), num_hidden=8, **changes
    )
    loss = LOSSES[name](2)
    u, x, valid = simulations()
    if name == "imnn":
        u = jnp.broadcast_to(jnp.eye(2, 4), (len(u), 2, 4)) + 0.1 * x[:, None]
    source = Source(lambda index, data: (data[0][index], data[1][index], data[2][index]), (u, x, valid))
    return fit_compressor(jax.random.key(0)[None], loss, source, settings)[1]


@pytest.mark.parametrize("name", sorted(registry.losses().keys() - set(registry.fiducial_losses())))
def test_a_mean_in_chunks_is_the_mean(name):
    loss, (u, x, valid) = LOSSES[name](2), simulations()
    batch = Batch(u[500:], x[500:], valid[500:].astype(jnp.float32))
    matrix = 0.3 * jax.random.normal(jax.random.key(1), (x.shape[1], loss.num_outputs))
    params = loss.init(jax.random.key(2))

    def value(batch):
        return loss.value(params, lambda x: x @ matrix, batch)

    whole = jax.jit(value)(batch)
    np.testing.assert_allclose(jax.jit(lambda one: mean_in_chunks(value, one, BATCH))(batch), whole, rtol=1e-5)
    np.testing.assert_array_equal(jax.jit(lambda one: mean_in_chunks(value, one, NUM_VALIDATION))(batch), whole)


def test_validation_in_chunks_is_the_same_mean():
    whole, chunked = curves("mse"), curves("mse", max_validation_numbers=1)
    np.testing.assert_array_equal(chunked["training"], whole["training"])
    np.testing.assert_allclose(chunked["validation"], whole["validation"], rtol=1e-5)


def test_a_loss_that_is_no_mean_over_simulations_is_validated_whole():
    np.testing.assert_array_equal(curves("imnn", max_validation_numbers=1), curves("imnn"))


def test_validation_holds_a_chunk_of_the_network_at_a_time():
    network = SummaryNetwork(2, num_channels=8, num_blocks=1, num_hidden=8)
    x = jnp.zeros((NUM_VALIDATION, 2, 16, 16))
    seen = Seen(jnp.zeros((NUM_VALIDATION, 2)), x)
    batch = Batch(jnp.zeros((NUM_VALIDATION, 2)), seen, jnp.ones(NUM_VALIDATION))
    fixed = {"map_mean": 0.0, "map_scale": 1.0, "feature_mean": 0.0, "feature_scale": 1.0}
    weights = network.init(jax.random.key(0), jnp.zeros((2, 2)), x[:2])
    params = {"network": weights, "standardise": fixed}
    loss = LOSSES["mse"](2)

    def largest(chunk):
        def value(batch):
            return loss.value({}, lambda x: summarise(network, lambda one: one, params, x), batch)

        found = programs(lambda batch: mean_in_chunks(value, batch, chunk), batch)
        # Products with all taps, over pixels.
        convolved = [
            equation
            for equation in found
            if equation.primitive.name == "dot_general" and equation.outvars[0].aval.shape[-1] == 9 * 8
        ]
        assert len(convolved) == 2
        return max(math.prod(equation.outvars[0].aval.shape) for equation in convolved)

    settings = CompressorSettings(1000, NUM_VALIDATION, BATCH, FitSettings(1), max_validation_numbers=20 * 514)
    assert settings.validation_chunk(seen) == 20
    assert largest(settings.validation_chunk(seen)) * NUM_VALIDATION == largest(NUM_VALIDATION) * 20
    # Never less than a step of training holds, and the maps of the laptop scale at once.
    assert CompressorSettings(1, 1, 64, FitSettings(1), max_validation_numbers=1).validation_chunk(x) == 64
    assert CompressorSettings(1, 1, 64, FitSettings(1)).validation_chunk(jnp.zeros((1, 5, 64, 64))) > 1500
    assert CompressorSettings(1, 1, 128, FitSettings(1)).validation_chunk(jnp.zeros((1, 5, 256, 256))) == 128
