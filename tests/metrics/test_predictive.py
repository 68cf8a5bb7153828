"""Laws of fullfield.metrics.predictive: uniform p-values under the null, small ones for outliers."""

import numpy as np
import pytest
from scipy.stats import kstest

from fullfield.metrics.predictive import _leave_one_out_mahalanobis, prior_check, spectra_check


def banana(rng, rows):
    x = rng.normal(size=rows)
    return np.stack([x, x**2 + 0.1 * rng.normal(size=rows)], axis=1) * np.array([1e-4, 30.0])


def gamma(rng, rows):
    return np.log(rng.gamma(3.0, size=(rows, 12)).cumsum(axis=1))


@pytest.mark.parametrize(("check", "law"), [(prior_check, banana), (spectra_check, gamma)])
def test_p_values_are_uniform_under_the_null(check, law):
    p_values = []
    for i in range(300):
        rows = law(np.random.default_rng([0, i]), 100)
        p_values.append(check(rows[0], rows[1:]).p_value)
    # Spread over the steps of 1 / 100 between which the exact law is uniform.
    spread = np.array(p_values) - np.random.default_rng(1).uniform(size=300) / 100
    assert kstest(spread, "uniform").pvalue > 0.01


@pytest.mark.parametrize(("check", "law"), [(prior_check, banana), (spectra_check, gamma)])
def test_an_outlier_has_the_smallest_p_value(check, law):
    simulated = law(np.random.default_rng(2), 400)
    outlier = simulated.mean(axis=0) + 8 * simulated.std(axis=0) * np.where(np.arange(simulated.shape[1]) % 2, 1, -1)
    result = check(outlier, simulated)
    assert result.p_value == 1 / 401


def test_neighbours_see_an_observation_in_the_hollow_of_a_curved_law():
    simulated = banana(np.random.default_rng(3), 1000)
    hollow = np.array([0.0, 60.0])
    result = prior_check(hollow, simulated)
    assert result.p_value < 0.02
    distances = _leave_one_out_mahalanobis(np.concatenate([hollow[None], simulated]))
    assert np.mean(distances[1:] >= distances[0]) > 0.5


def test_leave_one_out_distances_are_those_of_explicit_removal():
    points = gamma(np.random.default_rng(4), 40)
    expected = []
    for i in range(len(points)):
        others = np.delete(points, i, axis=0)
        deviation = points[i] - others.mean(axis=0)
        expected.append(deviation @ np.linalg.solve(np.cov(others, rowvar=False), deviation))
    assert np.allclose(_leave_one_out_mahalanobis(points), expected, rtol=1e-8)


def test_spectra_report_chi_squared_and_the_deviation_of_every_band():
    rows = gamma(np.random.default_rng(5), 500)
    result = spectra_check(rows[0], rows[1:])
    covariance = np.cov(rows[1:], rowvar=False)
    deviation = rows[0] - rows[1:].mean(axis=0)
    assert result.chi_squared == pytest.approx(deviation @ np.linalg.solve(covariance, deviation))
    assert np.allclose(result.deviation, deviation / np.sqrt(np.diag(covariance)))
    assert result.predicted_chi_squared.shape == (499,)


@pytest.mark.parametrize("check", [prior_check, spectra_check])
def test_errors(check):
    rows = gamma(np.random.default_rng(6), 40)
    with pytest.raises(ValueError, match="observed features against"):
        check(rows[0, :3], rows[1:])
    with pytest.raises(ValueError, match="the observation is not finite: True; simulations not finite: 0"):
        check(rows[0] * np.nan, rows[1:])
    with pytest.raises(ValueError, match=r"features \[2\] are constant"):
        check(np.where(np.arange(12) == 2, 1.0, rows[0]), np.where(np.arange(12) == 2, 1.0, rows[1:]))
    with pytest.raises(ValueError, match="too few"):
        check(rows[0], rows[1:10])
