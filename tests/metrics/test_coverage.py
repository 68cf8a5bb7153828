"""Laws of fullfield.metrics.coverage: exact posteriors pass, wrong ones fail, the bands keep their size."""

import numpy as np
import pytest

from fullfield.metrics.coverage import informed_points, sbc, tarp
from fullfield.metrics.uniformity import Uniformity

NUM_OBSERVATIONS, NUM_DRAWS, DIM = 1000, 99, 2


@pytest.fixture(scope="module")
def truth():
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(NUM_OBSERVATIONS, DIM))
    return theta, theta + rng.normal(size=theta.shape)


def posterior(x, width=1.0, shift=0.0):
    """Draws of N(x / 2, 1 / 2), the posterior of theta ~ N(0, 1), x ~ N(theta, 1), its width and mean spoilt."""
    noise = np.random.default_rng(1).normal(size=(NUM_OBSERVATIONS, NUM_DRAWS, DIM))
    return x[:, None] / 2 + np.sqrt(0.5) * (width * noise + shift)


def test_exact_posterior_is_calibrated(truth):
    theta, x = truth
    assert sbc(posterior(x), theta).inside.all()
    assert tarp(posterior(x), theta).inside
    assert tarp(posterior(x), theta, points=informed_points(x, theta, seed=0)).inside


@pytest.mark.parametrize("spoilt", [{"width": 0.8}, {"width": 1.25}, {"shift": 0.5}])
def test_wrong_posteriors_fail(truth, spoilt):
    theta, x = truth
    assert not sbc(posterior(x, **spoilt), theta).inside.any()
    assert not tarp(posterior(x, **spoilt), theta).inside
    assert not tarp(posterior(x, **spoilt), theta, points=informed_points(x, theta, seed=0)).inside


def test_only_tarp_with_informed_points_fails_the_prior(truth):
    theta, x = truth
    prior = np.random.default_rng(2).normal(size=(NUM_OBSERVATIONS, NUM_DRAWS, DIM))
    assert sbc(prior, theta).inside.all()
    assert tarp(prior, theta).inside
    assert not tarp(prior, theta, points=informed_points(x, theta, seed=0)).inside


def test_posterior_of_shuffled_data_fails(truth):
    theta, x = truth
    shuffled = posterior(np.random.default_rng(3).permutation(x))
    assert not sbc(shuffled, theta).inside.any()
    assert not tarp(shuffled, theta, points=informed_points(x, theta, seed=0)).inside


def test_one_bad_parameter_is_named(truth):
    theta, x = truth
    draws = posterior(x)
    draws[..., 1] += 0.35
    assert sbc(draws, theta).inside.tolist() == [True, False]


def test_results_belong_together(truth):
    theta, x = truth
    result = sbc(posterior(x), theta)
    assert result.ranks.min() >= 0
    assert result.ranks.max() <= NUM_DRAWS
    assert result.ecdf_difference.shape == (len(result.levels), DIM)
    assert (result.joint_low <= result.band_low).all()
    assert (result.joint_high >= result.band_high).all()
    within = (result.ecdf_difference.T >= result.joint_low - 1e-12) & (result.ecdf_difference.T <= result.joint_high)
    assert np.array_equal(within.all(axis=1), result.inside)
    assert np.array_equal(result.inside, result.p_values > 0.025)
    coverage = tarp(posterior(x), theta)
    assert coverage.inside == bool(
        np.all((coverage.coverage >= coverage.band_low) & (coverage.coverage <= coverage.band_high))
    )
    again = sbc(posterior(x), theta)
    assert all(np.array_equal(a, b) for a, b in zip(result, again, strict=True))


@pytest.mark.parametrize(("num_ranks", "num_draws", "probability"), [(100, 49, 0.95), (300, 500, 0.95), (60, 99, 0.8)])
def test_false_alarms_of_the_band(num_ranks, num_draws, probability):
    test = Uniformity(num_ranks, num_draws, num_simulations=20_000, seed=0)
    num_sets = 2000
    ranks = np.random.default_rng(4).integers(0, num_draws + 1, size=(num_sets, num_ranks))
    low, high = test.band(probability)
    ecdf = test.ecdf(ranks)
    outside = ((ecdf < low) | (ecdf > high)).any(axis=1)
    assert np.array_equal(outside, test.p_value(ranks) <= 1 - probability)
    alarm = 1 - probability
    # Counts are discrete, so that the band can only be conservative; at these sizes by less than a fifth.
    error = 4 * np.sqrt(alarm * (1 - alarm) * (1 / num_sets + 1 / 20_000))
    assert 0.8 * alarm - error < outside.mean() < alarm + error


def test_false_alarms_of_all_parameters_together():
    rng = np.random.default_rng(5)
    alarms = []
    for _ in range(100):
        theta, draws = rng.normal(size=(100, 4)), rng.normal(size=(100, 49, 4))
        alarms.append(not sbc(draws, theta, num_simulations=2000).inside.all())
    assert np.mean(alarms) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 100)


def test_informed_points_do_not_know_the_truth():
    theta = np.random.default_rng(6).normal(size=(2000, 2))
    points = informed_points(np.random.default_rng(7).normal(size=(2000, 5)), theta, seed=0)
    correlation = np.corrcoef(points.T, theta.T)[:2, 2:]
    assert np.abs(correlation).max() < 4 / np.sqrt(2000)


def test_noise_of_informed_points_is_not_the_stream_that_made_the_truths():
    theta = np.random.default_rng(8).normal(size=(2000, 2))
    points = informed_points(np.zeros((2000, 1)), theta, seed=8)
    assert np.abs(np.corrcoef(points.T, theta.T)[:2, 2:]).max() < 4 / np.sqrt(2000)


def test_errors(truth):
    theta, x = truth
    with pytest.raises(ValueError, match="do not fit truths"):
        sbc(posterior(x), theta[:-1])
    with pytest.raises(ValueError, match="must be finite"):
        tarp(posterior(x) * np.nan, theta)
    with pytest.raises(ValueError, match="points of shape"):
        tarp(posterior(x), theta, points=theta[:5])
    with pytest.raises(ValueError, match="10 simulated sets are too few"):
        Uniformity(20, 10, num_simulations=10, seed=0).band(0.95)


def test_p_values_go_below_the_number_of_simulated_sets():
    """A test among thousands must be able to fail; for ranks that are not extreme nothing changes."""
    test = Uniformity(100, 50, num_simulations=1000, seed=0)
    rng = np.random.default_rng(0)
    extreme, fine = test.p_value(np.stack([rng.integers(0, 20, 100), rng.integers(0, 51, 100)]))
    assert 0.0 < extreme < 1e-9
    assert fine > 0.001
    assert test.p_value(rng.integers(0, 51, (2000, 100))).min() > 1e-5
