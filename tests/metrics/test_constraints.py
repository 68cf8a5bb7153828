"""Laws of fullfield.metrics.constraints: values and honest errors over repeated data."""

import numpy as np
import pytest

from fullfield.metrics.constraints import compare, figure_of_merit, mean_shift, standard_error

COVARIANCE = np.array([[1.0, 0.6], [0.6, 4.0]])


def iid(rng, rows, shift=0.0, width=1.0):
    return width * rng.normal(size=(rows, 2)) @ np.linalg.cholesky(COVARIANCE).T + shift


def markov(rng, num_chains=4, num_draws=800, correlation=0.7):
    draws = rng.normal(size=(num_chains, num_draws, 2))
    for i in range(1, num_draws):
        draws[:, i] = correlation * draws[:, i - 1] + np.sqrt(1 - correlation**2) * draws[:, i]
    return draws @ np.linalg.cholesky(COVARIANCE).T


def repeat(statistic, count=60):
    """Value and standard error of a statistic over independent data sets."""
    return np.array([statistic(np.random.default_rng([7, i])) for i in range(count)])


def assert_errors_are_honest(values, errors, truth):
    """Check that the pulls have mean 0 and standard deviation 1; the estimated ESS allows a third of error."""
    pulls = (values - truth) / errors
    assert abs(pulls.mean()) < 4 / np.sqrt(len(pulls))
    assert 0.67 < pulls.std() < 1.4


def test_comparison_has_the_right_values_and_errors():
    def statistic(rng):
        table = compare(iid(rng, 600, shift=0.5, width=0.8), markov(rng), ("a", "b"))
        return table[["shift_sigma", "shift_error", "width_ratio", "width_error"]].to_numpy()[1]

    shift, shift_error, ratio, ratio_error = repeat(statistic).T
    assert_errors_are_honest(shift, shift_error, 0.5 / 2.0)
    assert_errors_are_honest(ratio, ratio_error, 0.8)


def test_comparison_names_its_parameters():
    rng = np.random.default_rng(0)
    table = compare(iid(rng, 100), markov(rng, num_draws=100), ("a", "b"))
    assert table["parameter"].tolist() == ["a", "b"]
    with pytest.raises(ValueError, match=r"1 names \(a\) for draws of \[2, 2\] parameters"):
        compare(iid(rng, 100), markov(rng, num_draws=100), ("a",))


def test_mean_shift_has_the_right_value_and_error():
    delta = np.array([0.5, 0.5])
    truth = np.sqrt(delta @ np.linalg.inv(COVARIANCE) @ delta)
    values = repeat(lambda rng: mean_shift(iid(rng, 2000, shift=0.5), markov(rng, num_draws=2000)))
    assert_errors_are_honest(values[:, 0], values[:, 1], truth)


def test_mean_shift_of_one_law_is_its_noise():
    values = repeat(lambda rng: mean_shift(iid(rng, 600), markov(rng)))
    # distance^2 / noise^2 is a weighted chi-squared of two degrees of freedom: mean 1, standard deviation ~ 1.
    assert np.mean((values[:, 0] / values[:, 2]) ** 2) == pytest.approx(1.0, abs=4 / np.sqrt(60))


@pytest.mark.parametrize("draw", [lambda rng: iid(rng, 1000), markov])
def test_figure_of_merit_has_the_right_value_and_error(draw):
    def statistic(rng):
        return figure_of_merit(draw(rng), ("a", "b"), [("b", "a")])[["figure_of_merit", "error"]].to_numpy()[0]

    values, errors = repeat(statistic).T
    truth = 1 / np.sqrt(np.linalg.det(COVARIANCE))
    assert_errors_are_honest(values, errors, truth)


def test_figure_of_merit_of_gaussian_rows_has_the_wishart_error():
    table = figure_of_merit(iid(np.random.default_rng(1), 4000), ("a", "b"), [("a", "b")])
    assert (table["error"] / table["figure_of_merit"]).item() == pytest.approx(1 / np.sqrt(4000), rel=0.1)


def test_figure_of_merit_refuses_an_unknown_name():
    with pytest.raises(ValueError, match="no parameter c; there are a, b"):
        figure_of_merit(iid(np.random.default_rng(1), 10), ("a", "b"), [("a", "c")])


def test_standard_error_grows_with_the_correlation():
    rng = np.random.default_rng(2)
    assert standard_error(markov(rng, num_draws=2000)[..., 0]) == pytest.approx(np.sqrt((1.7 / 0.3) / 8000), rel=0.2)
