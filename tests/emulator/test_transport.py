"""The Gaussian control: optimal pairs teach the map of optimal transport, independent ones another."""

import functools
import itertools
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from fullfield.emulator import Bank, FlowSettings, Transport, VelocityPerceptron, fit_transport
from fullfield.emulator.pairing import Pairs, assign, cost
from fullfield.resume import Resume
from fullfield.train import FitSettings

SOURCE = np.array([[2.0, 0.0], [0.0, 0.2]])
TARGET = np.array([[1.1, 0.9], [0.9, 1.1]])
SHIFT = np.array([0.5, -0.5])
"""Of the target's mean for each unit of theta."""
FIT = FitSettings(1000, steps_per_round=100, learning_rate=5e-3, average=0.98)


def banks(num=4000, seed=0):
    """Return unpaired draws of two Gaussians whose covariances do not commute; theta shifts the second."""
    rng = np.random.default_rng(seed)
    theta = rng.uniform(-1.0, 1.0, (2, num, 1)).astype(np.float32)
    roots = [np.linalg.cholesky(one) for one in (SOURCE, TARGET)]
    source, target = (rng.normal(size=(num, 2)) @ root.T for root in roots)
    return Bank(theta[0], source.astype(np.float32)), Bank(theta[1], (target + theta[1] * SHIFT).astype(np.float32))


def optimal_map():
    """Return S0^-1/2 (S0^1/2 S1 S0^1/2)^1/2 S0^-1/2."""
    root = np.real(scipy.linalg.sqrtm(SOURCE))
    inverse = np.linalg.inv(root)
    return inverse @ np.real(scipy.linalg.sqrtm(root @ TARGET @ root)) @ inverse


@functools.cache
def error_of(pairing, batch_size):
    """Return the root mean square error of a learned map on new draws, over what the exact one adds to them."""
    settings = FlowSettings(FIT, pairing, batch_size, num_validation=512)
    transport, _ = fit_transport(jax.random.key(0), VelocityPerceptron(2), banks(), settings)
    source, _ = banks(1000, seed=1)
    exact = source.x @ optimal_map() + source.theta * SHIFT
    found = np.asarray(jax.jit(transport.__call__)(jnp.asarray(source.x), jnp.asarray(source.theta)))
    return np.sqrt(((found - exact) ** 2).mean() / ((exact - source.x) ** 2).mean())


def test_optimal_pairs_approach_the_exact_map_as_batches_grow_and_independent_ones_do_not():
    small, large, independent = error_of("optimal", 8), error_of("optimal", 128), error_of("independent", 128)
    assert large < 0.6 * small
    assert large < 0.4 * independent


def test_the_assignment_is_the_cheapest_of_all():
    source, target = (bank.rows(np.arange(6)) for bank in banks())
    costs = cost(source, target, 2.0)
    chosen = costs[np.arange(6), assign(source, target, 2.0)].sum()
    assert chosen == pytest.approx(min(costs[np.arange(6), order].sum() for order in itertools.permutations(range(6))))


def test_parameters_decide_where_their_weight_is_large():
    source, target = (bank.rows(np.arange(100)) for bank in banks())
    gaps = [np.abs(source.theta - target.theta[assign(source, target, beta)]).mean() for beta in (0.0, 1e4)]
    # In one dimension sorted parameters are paired.
    assert gaps[1] == pytest.approx(np.abs(np.sort(source.theta, 0) - np.sort(target.theta, 0)).mean(), rel=1e-3)
    assert gaps[0] > 3.0 * gaps[1]


def test_held_out_rows_are_drawn_for_validation_alone():
    pairs = Pairs(banks(200), "optimal", 1.0, 20, 50, (0, 1))
    assert pairs.batches(3, 4).shape == (4, 2, 20)
    assert pairs.batches(3, 4).max() < 150 <= pairs.held().min()
    np.testing.assert_array_equal(pairs.batches(3, 4), pairs.batches(3, 4))
    assert (pairs.batches(3, 4) != pairs.batches(4, 4)).any()
    first, second = Pairs(banks(200), "oracle", 1.0, 20, 50, (0, 1)).batches(0, 1)[0]
    np.testing.assert_array_equal(first, second)


def test_a_killed_training_continues_bit_for_bit(tmp_path):
    settings = FlowSettings(FitSettings(60, steps_per_round=20), batch_size=16, num_validation=32)
    fit = functools.partial(fit_transport, jax.random.key(1), VelocityPerceptron(2, 8), banks(200), settings)
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
    slopes = jax.jacrev(lambda x: transport(x, theta)[0])(x)[:, 0]
    np.testing.assert_allclose(slopes, [[0.0, -1.0], [1.0, 0.0]], atol=5e-3)
    coarse = Transport(transport.velocity, {}, num_steps=4)
    assert transport.step_error(x, theta) < 0.1 * coarse.step_error(x, theta) < 0.01


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="pairing is 'sinkhorn'; allowed are independent, optimal, oracle"):
        Pairs(banks(200), "sinkhorn", 1.0, 20, 50, (0,))
    with pytest.raises(ValueError, match="the first bank has 200 simulations; a batch of 180 beside 50 that are held"):
        Pairs(banks(200), "optimal", 1.0, 180, 50, (0,))
    source, target = banks(20)
    with pytest.raises(ValueError, match="batches of 20 and 10 simulations cannot be paired one to one"):
        assign(source, target.rows(np.arange(10)), 1.0)
    with pytest.raises(ValueError, match="simulations that are not finite cannot be paired"):
        assign(source, target._replace(x=np.full_like(target.x, np.nan)), 1.0)
