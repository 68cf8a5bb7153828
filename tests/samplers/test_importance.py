"""Importance sampling about modes: exact where it can be checked, and honest where it misses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from fullfield.samplers.importance import Weighted, sample_about

KEY = jax.random.key(0)
CENTRES = jnp.asarray([[-3.0, 0.0], [3.0, 1.0]])
SCALES = jnp.asarray([0.5, 1.0])


def two_hills(u):
    """Return the log density of the equal mixture of two normal laws."""
    squared = jnp.sum((u - CENTRES) ** 2, axis=1) / SCALES**2
    return jax.nn.logsumexp(-squared / 2 - 2 * jnp.log(SCALES))


def weighted_draws(log_density, modes, scales, num_draws=20000):
    made = jax.jit(lambda key: sample_about(key, log_density, modes, precisions(scales), num_draws))(KEY)
    return Weighted(*map(np.asarray, made))


def precisions(scales):
    return jnp.eye(2) / scales[:, None, None] ** 2


def test_draws_about_all_modes_are_those_of_the_target():
    weighted = weighted_draws(two_hills, CENTRES, SCALES)
    rows = weighted.accepted(np.random.default_rng(0))
    assert weighted.ess > 0.5 * 20000
    assert len(rows) > 0.3 * 20000
    assert len(np.unique(rows, axis=0)) == len(rows)
    first = scipy.stats.norm(-3.0, 0.5).cdf, scipy.stats.norm(3.0, 1.0).cdf
    assert scipy.stats.kstest(rows[:, 0], lambda t: 0.5 * (first[0](t) + first[1](t))).pvalue > 1e-3


def test_an_uneven_choice_of_curvatures_is_corrected():
    weighted = weighted_draws(two_hills, CENTRES, jnp.asarray([1.0, 1.0]))
    rows = weighted.accepted(np.random.default_rng(0))
    share, error = np.mean(rows[:, 0] > 0), np.sqrt(0.25 / len(rows))
    assert abs(share - 0.5) < 5 * error


def test_far_from_the_target_few_draws_count():
    weighted = weighted_draws(two_hills, CENTRES + 8.0, SCALES)
    assert weighted.ess < 100


def test_densities_that_are_no_numbers_have_no_weight():
    weighted = weighted_draws(lambda u: jnp.where(u[0] > 0, two_hills(u), jnp.nan), CENTRES, SCALES, 2000)
    assert (weighted.accepted(np.random.default_rng(0))[:, 0] > 0).all()
    assert weighted.weights.sum() == pytest.approx(1.0)
