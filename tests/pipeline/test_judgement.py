"""Comparisons with the reference and calibration over the prior: what is right passes, what is wrong does not."""

import numpy as np
import pytest

from fullfield.pipeline.calibration import calibration
from fullfield.pipeline.comparison import classifier_table
from fullfield.pipeline.shifts import shift_table

NAMES = ("a", "b")
NUM_OBSERVATIONS, NUM_DRAWS, NOISE = 300, 100, 0.5
GAIN = 1.0 / (1.0 + NOISE**2)
SIGMA = NOISE * np.sqrt(GAIN)


def gaussian_problem(wider=1.0, ignores_data=False):
    """Return draws, truths and summaries of theta ~ N(0, I), s ~ N(theta, NOISE^2 I), exact unless told otherwise."""
    rng = np.random.default_rng(0)
    truths = rng.normal(size=(NUM_OBSERVATIONS, 2))
    summaries = truths + NOISE * rng.normal(size=truths.shape)
    noise = rng.normal(size=(NUM_OBSERVATIONS, NUM_DRAWS, 2))
    draws = noise if ignores_data else GAIN * summaries[:, None] + wider * SIGMA * noise
    return draws, truths, summaries


def verdicts(**changes):
    table, curves = calibration(*gaussian_problem(**changes), NAMES, 0)
    assert (table["num_observations"] == NUM_OBSERVATIONS).all()
    assert (table["num_draws"] == NUM_DRAWS).all()
    assert set(curves.sizes) == {"level", "parameter", "tarp_level"}
    return table.groupby("test")["inside"].all().to_dict()


def test_exact_posteriors_are_calibrated():
    assert verdicts() == {"sbc": True, "tarp": True, "tarp_informed": True}


def test_overconfident_posteriors_are_not():
    assert not verdicts(wider=0.6)["sbc"]
    assert not verdicts(wider=0.6)["tarp_informed"]


def test_the_prior_in_place_of_the_posterior_passes_all_but_the_informed_points():
    assert verdicts(ignores_data=True) == {"sbc": True, "tarp": True, "tarp_informed": False}


# --- against the reference -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reference():
    return np.random.default_rng(1).normal(size=(2, 1500, 2))


def test_c2st_has_a_null_and_a_yardstick(reference):
    rng = np.random.default_rng(2)
    posterior = np.stack([rng.normal(size=(1000, 2)), rng.normal(1.5, 1.0, size=(1000, 2))])
    table = classifier_table(posterior, reference, 600, 0)
    assert list(table["comparison"]) == ["method", "method", "null", "shifted"]
    assert list(table["estimator_seed"]) == [0, 1, -1, -1]
    same, moved, null, _ = table["c2st"]
    error = 5 * table["standard_error"].max()
    assert abs(same - 0.5) < error
    assert abs(null - 0.5) < error
    assert moved > 0.75  # the Bayes classifier has Phi(1.5 / sqrt 2) = 0.86


def test_shifts_are_those_that_were_put_in(reference):
    rng = np.random.default_rng(3)
    posterior = np.stack([rng.normal([0.5, 0.0], [1.0, 2.0], size=(4000, 2)) for _ in range(2)])
    table = shift_table(posterior, reference, NAMES)
    assert list(table["estimator_seed"]) == ["0", "0", "1", "1", "all", "all"]
    for name, shift, width in (("a", 0.5, 1.0), ("b", 0.0, 2.0)):
        rows = table[table["parameter"] == name]
        assert (np.abs(rows["shift_sigma"].abs() - shift) < 5 * rows["shift_error"]).all()
        assert (np.abs(rows["width_ratio"] - width) < 5 * rows["width_error"]).all()
    assert (np.abs(table["mahalanobis"] - 0.5) < 5 * table["mahalanobis_error"]).all()


def test_shifts_show_s8_beside_its_parents():
    names = ("Omega_c", "Omega_b", "sigma8")
    draws = 0.3 + 0.01 * np.random.default_rng(4).normal(size=(2, 500, 3))
    assert list(shift_table(draws, draws, names)["parameter"].unique()) == [*names, "S8"]
