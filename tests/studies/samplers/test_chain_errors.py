"""Signed pulls between samplers, and the scatter of single chains beside their Monte-Carlo errors."""

import numpy as np
import pandas as pd
import pytest

from fullfield.studies.samplers import errors

NAMES = ("a", "b")
NUM_OBSERVATIONS, NUM_CHAINS, NUM_DRAWS = 60, 4, 300


def autoregressive(seed, correlation, shift=0.0):
    """Return chains of standard normal draws whose neighbours are correlated."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(NUM_OBSERVATIONS, NUM_CHAINS, NUM_DRAWS, len(NAMES)))
    draws = np.empty_like(steps)
    draws[:, :, 0] = steps[:, :, 0]
    for index in range(1, NUM_DRAWS):
        draws[:, :, index] = correlation * draws[:, :, index - 1] + np.sqrt(1 - correlation**2) * steps[:, :, index]
    return draws + shift


def test_pulls_of_chains_of_one_law_are_standard_normal():
    draws = {"one": autoregressive(0, 0.6), "other": autoregressive(1, -0.3), "third": autoregressive(2, 0.0)}
    table = errors.pulls(draws, NAMES)
    assert len(table) == 3 * len(NAMES)
    assert set(table["num_observations"]) == {NUM_OBSERVATIONS}
    assert table["rms_pull"].between(0.75, 1.3).all()
    assert table[["p_mean", "p_rms"]].min(axis=None) > 1e-3
    scatter = errors.scatter(draws, NAMES)
    assert np.abs((scatter["ratio"] - 1) / scatter["error"]).max() < 4
    assert scatter["error"].to_numpy() == pytest.approx(1 / np.sqrt(2 * NUM_OBSERVATIONS * 3), rel=0.2)


def test_a_common_bias_shows_in_the_mean_of_the_pulls():
    # Half a standard error of the difference at each observation, which no single one would show.
    draws = {
        "one": autoregressive(0, 0.0),
        "other": autoregressive(1, 0.0, shift=0.7 / np.sqrt(NUM_CHAINS * NUM_DRAWS)),
    }
    table = errors.pulls(draws, NAMES)
    assert table["mean_pull"].to_numpy() == pytest.approx(-0.5, abs=0.4)
    assert (table["p_mean"] < 0.05).all()


def test_chains_that_scatter_more_than_they_know_show_in_the_scatter():
    # Each chain has a displacement of its own, as chains that have not converged do.
    draws = autoregressive(0, 0.0)
    apart = np.random.default_rng(2).normal(size=(NUM_OBSERVATIONS, NUM_CHAINS, 1, len(NAMES))) * 0.2
    table = errors.scatter({"one": draws, "apart": draws + apart}, NAMES)
    ratio = table.set_index("sampler")["ratio"]
    assert (ratio["apart"] > 1.1).all()
    assert (ratio["one"] < 1.1).all()


def test_observations_with_a_chain_that_never_moved_are_left_out():
    draws = {"one": autoregressive(0, 0.0), "other": autoregressive(1, 0.0)}
    draws["other"][3, 1] = draws["other"][3, 1, :1]
    expected = {name: np.delete(values, 3, axis=0) for name, values in draws.items()}
    pd.testing.assert_frame_equal(errors.pulls(draws, NAMES), errors.pulls(expected, NAMES))
    assert set(errors.pulls(draws, NAMES)["num_observations"]) == {NUM_OBSERVATIONS - 1}
    other = [errors.scatter({"other": values["other"]}, NAMES) for values in (draws, expected)]
    pd.testing.assert_frame_equal(*other)


def test_samplers_that_never_move_are_refused():
    draws = {"one": autoregressive(0, 0.0), "stuck": np.zeros((NUM_OBSERVATIONS, NUM_CHAINS, NUM_DRAWS, len(NAMES)))}
    with pytest.raises(ValueError, match="one and stuck have both moved at 0 of 60 observations; 2 are needed"):
        errors.pulls(draws, NAMES)


def test_errors_that_are_too_small_show_in_the_square_of_the_pulls():
    # A displacement that all chains of an observation share: no estimate of the errors can see it.
    draws = {"one": autoregressive(0, 0.0), "other": autoregressive(1, 0.0)}
    slow = np.random.default_rng(2).normal(size=(NUM_OBSERVATIONS, 1, 1, len(NAMES))) * 0.1
    table = errors.pulls(draws | {"other": draws["other"] + slow}, NAMES)
    assert (table["rms_pull"] > 1.5).all()
    assert (table["p_rms"] < 1e-6).all()
