"""Laws of fullfield.metrics.c2st: the Bayes accuracy of Gaussians, refused rows, thinning and the null."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from fullfield.metrics import c2st as module
from fullfield.metrics.c2st import c2st, c2st_null, c2st_shifted, shifted
from fullfield.metrics.thinning import distinct, thin

ROWS = 1500


def gaussians(seed, dim, delta, rows=ROWS):
    rng = np.random.default_rng([seed, dim])
    return rng.normal(size=(rows, dim)) + delta / np.sqrt(dim), rng.normal(size=(rows, dim))


@pytest.mark.parametrize("dim", [1, 2])
@pytest.mark.parametrize("delta", [0.0, 1.0, 2.0, 3.0])
def test_accuracy_of_two_gaussians_is_the_bayes_accuracy(dim, delta):
    result = c2st(*gaussians(0, dim, delta), seed=0)
    # The training scatter adds a little to the binomial error, and a trained network stays just below the Bayes value.
    assert result.accuracy == pytest.approx(norm.cdf(delta / 2), abs=4 * result.standard_error)


def test_standard_error_is_binomial_over_all_held_out_rows():
    result = c2st(*gaussians(1, 2, 1.0, rows=400), seed=0)
    assert result.num_rows == 400
    assert result.standard_error == pytest.approx(np.sqrt(result.accuracy * (1 - result.accuracy) / 800))


def test_the_same_seed_gives_the_identical_result_and_another_seed_does_not():
    data = gaussians(2, 2, 0.5, rows=400)
    assert c2st(*data, seed=3) == c2st(*data, seed=3)
    assert c2st(*data, seed=3) != c2st(*data, seed=4)


def test_it_does_not_depend_on_units():
    samples, reference = gaussians(3, 2, 1.0, rows=400)
    assert c2st(samples * 1024.0, reference * 1024.0, seed=0) == c2st(samples, reference, seed=0)


def test_it_sees_a_different_correlation_with_equal_marginals():
    first, second = gaussians(4, 2, 0.0)
    correlated = np.stack([first[:, 0], 0.9 * first[:, 0] + np.sqrt(1 - 0.81) * first[:, 1]], axis=1)
    result = c2st(correlated, second, seed=0)
    assert result.accuracy > 0.5 + 10 * result.standard_error


def test_it_refuses_bad_rows():
    samples, reference = gaussians(5, 2, 0.0, rows=100)
    with pytest.raises(ValueError, match="must be equal"):
        c2st(samples[:-1], reference, seed=0)
    with pytest.raises(ValueError, match="1 of 200 rows are repeated"):
        c2st(np.concatenate([samples[:-1], samples[:1]]), reference, seed=0)
    with pytest.raises(ValueError, match="100 of 200 rows are repeated"):
        c2st(reference, reference, seed=0)
    with pytest.raises(ValueError, match="1 rows are not finite"):
        c2st(np.where(samples == samples[3, 0], np.nan, samples), reference, seed=0)
    with pytest.raises(ValueError, match="constant"):
        c2st(samples, reference * np.array([1.0, 0.0]), seed=0)


def test_too_few_rows_have_no_value_and_say_so():
    samples, reference = gaussians(5, 2, 0.0, rows=50)
    few = c2st(samples[:49], reference[:49], seed=0)
    assert math.isnan(few.accuracy)
    assert math.isnan(few.standard_error)
    assert few.remark == "49 rows a side are too few for a classifier; 50 are needed"
    enough = c2st(samples, reference, seed=0)
    assert (enough.num_rows, enough.remark) == (50, "")
    assert 0.0 <= enough.accuracy <= 1.0


def autoregressive(seed, correlation, num_chains=4, num_draws=2000, dim=2):
    rng = np.random.default_rng(seed)
    draws = rng.normal(size=(num_chains, num_draws, dim))
    for i in range(1, num_draws):
        draws[:, i] = correlation * draws[:, i - 1] + np.sqrt(1 - correlation**2) * draws[:, i]
    return draws


def test_thin_keeps_at_most_the_effective_sample_size_evenly_over_the_chains():
    draws = autoregressive(0, 0.9)
    rows = thin(draws, 5000)
    flat = draws.reshape(-1, 2).tolist()
    places = [flat.index(row) for row in rows.tolist()]
    # ESS = T (1 - rho) / (1 + rho) = 421, estimated to ~20 %.
    assert 421 * 0.6 < len(rows) < 421 * 1.4
    assert np.ptp(np.diff(places)) <= 1
    assert len(thin(draws, 100)) == 100


def test_thin_repeats_no_state_of_a_kernel_that_rejects():
    rng = np.random.default_rng(1)
    draws = autoregressive(1, 0.0)
    for i in range(1, draws.shape[1]):
        stay = rng.uniform(size=len(draws)) < 0.2
        draws[stay, i] = draws[stay, i - 1]
    rows = thin(draws, 4000)
    assert 500 < len(rows) < 4000
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_few_repeated_draws_are_dropped_and_many_are_refused():
    draws = np.arange(200.0).reshape(100, 2)
    draws[7] = draws[3]
    np.testing.assert_array_equal(distinct(draws), np.delete(draws, 7, axis=0))
    draws[50:53] = draws[3]
    with pytest.raises(ValueError, match="4 of 100 draws are repeated; at most 2% may be"):
        distinct(draws)


def test_thin_refuses_non_finite_draws():
    draws = autoregressive(2, 0.0, num_draws=50)
    draws[1, 3, 0] = np.nan
    with pytest.raises(ValueError, match=r"1 of 200 draws are not finite, in chains \[1\]"):
        thin(draws, 10)


@pytest.mark.parametrize("direction", [None, np.array([1.0, -2.0, 0.0])])
def test_shifted_has_the_mahalanobis_length_in_any_units(direction):
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(500, 3)) @ rng.normal(size=(3, 3)) * np.array([1e-3, 1.0, 50.0])
    delta = shifted(reference, 0.25, direction=direction) - reference
    assert np.allclose(delta, delta[0], rtol=1e-9)
    length = np.sqrt(delta[0] @ np.linalg.inv(np.cov(reference, rowvar=False)) @ delta[0])
    assert length == pytest.approx(0.25, rel=1e-8)
    if direction is None:
        rescaled = shifted(reference * np.array([3.0, 1.0, 7.0]), 0.25) - reference * np.array([3.0, 1.0, 7.0])
        assert np.allclose(rescaled, delta * np.array([3.0, 1.0, 7.0]))


def test_null_and_shift_compare_separate_halves(monkeypatch):
    draws = autoregressive(3, 0.3, num_chains=5, num_draws=400)
    seen = []

    def spy(samples, reference, seed):
        seen.append((samples, reference))
        return module.C2ST(0.5, 0.1, len(samples))

    monkeypatch.setattr(module, "c2st", spy)
    c2st_null(draws, 300, seed=0)
    c2st_shifted(draws, 300, seed=0, mahalanobis=2.0)
    (last, first), (moved, again) = seen
    assert len(first) == len(last) == 300
    assert np.isin(first[:, 0], draws[:2]).all()
    assert np.isin(last[:, 0], draws[3:]).all()
    assert np.array_equal(first, again)
    assert np.allclose(moved, shifted(last, 2.0))


def test_null_is_a_half_and_a_large_shift_is_seen():
    draws = autoregressive(4, 0.3, num_draws=1500)
    null, seen = c2st_null(draws, 1000, seed=0), c2st_shifted(draws, 1000, seed=0, mahalanobis=1.0)
    assert null.accuracy == pytest.approx(0.5, abs=4 * null.standard_error)
    assert seen.accuracy == pytest.approx(norm.cdf(0.5), abs=4 * seen.standard_error)


def test_halves_of_unequal_effective_size_give_equally_many_rows():
    draws = autoregressive(5, 0.3, num_draws=600)
    draws[2:] = autoregressive(6, 0.8, num_draws=600)[2:]
    assert c2st_null(draws, 1000, seed=0).num_rows < len(thin(draws[:2], 1000))


def test_one_chain_has_no_halves():
    with pytest.raises(ValueError, match="one chain has no halves"):
        c2st_null(autoregressive(6, 0.0, num_chains=1, num_draws=100), 50, seed=0)
