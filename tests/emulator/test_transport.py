"""The Gaussian control: optimal pairs teach the map of optimal transport, independent ones another."""

import functools
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.emulator import FlowSettings, PairSettings, Transport, VelocityPerceptron, fit_transport
from fullfield.emulator.draws import Pairs
from fullfield.emulator.gaussians import banks, exact_map
from fullfield.resume import Resume
from fullfield.train import FitSettings

FIT = FitSettings(1000, steps_per_round=100, learning_rate=5e-3, average=0.98)


@functools.cache
def error_of(pairing, batch_size):
    """Return the root mean square error of a learned map on new draws, over what the exact one adds to them."""
    settings = FlowSettings(FIT, PairSettings(pairing, batch_size))
    transport, _ = fit_transport(jax.random.key(0), VelocityPerceptron(2), banks(0, 4000), settings)
    source, _ = banks(1, 1000)
    exact = exact_map(source)
    found = np.asarray(jax.jit(transport.__call__)(jnp.asarray(source.x), jnp.asarray(source.theta)))
    return np.sqrt(((found - exact) ** 2).mean() / ((exact - source.x) ** 2).mean())


def test_optimal_pairs_approach_the_exact_map_as_batches_grow_and_independent_ones_do_not():
    small, large, independent = error_of("optimal", 8), error_of("optimal", 128), error_of("independent", 128)
    assert large < 0.6 * small
    assert large < 0.4 * independent


def test_a_killed_training_continues_bit_for_bit(tmp_path):
    settings = FlowSettings(FitSettings(60, steps_per_round=20), PairSettings(batch_size=16, num_validation=32))
    fit = functools.partial(fit_transport, jax.random.key(1), VelocityPerceptron(2, 8), banks(0, 200), settings)
    batches, resume = Pairs.batches, Resume(tmp_path / "state.safetensors", "a", interval=0.0)

    def interrupted(pairs, index, num):
        if index == 2:
            raise KeyboardInterrupt
        return batches(pairs, index, num)

    with mock.patch.object(Pairs, "batches", interrupted), pytest.raises(KeyboardInterrupt):
        fit(resume=resume)
    assert resume.path.exists()
    jax.tree.map(np.testing.assert_array_equal, fit(resume=resume)[0].params, fit()[0].params)


def test_the_map_is_differentiable_and_its_steps_converge():
    rotation = 0.5 * np.pi * np.array([[0.0, 1.0], [-1.0, 0.0]])
    transport = Transport(lambda params, t, x, theta: x @ rotation, {}, num_steps=16)
    x, theta = jnp.eye(2), jnp.zeros((2, 1))
    # A quarter turn.
    np.testing.assert_allclose(transport(x, theta), [[0.0, 1.0], [-1.0, 0.0]], atol=5e-3)
    path = transport.path(x, theta, 3)
    np.testing.assert_allclose(path[0], x)
    np.testing.assert_allclose(path[1, 0], np.sqrt([0.5, 0.5]), atol=5e-3)
    np.testing.assert_allclose(path[2], transport(x, theta), atol=1e-6)
    slopes = jax.jacrev(lambda x: transport(x, theta)[0])(x)[:, 0]
    np.testing.assert_allclose(slopes, [[0.0, -1.0], [1.0, 0.0]], atol=5e-3)
    coarse = Transport(transport.velocity, {}, num_steps=4)
    assert transport.step_error(x, theta) < 0.1 * coarse.step_error(x, theta) < 0.01
