"""Posteriors of a small field from the exact score, and what the verdicts say of draws that are right and wrong."""

import functools

import jax
import numpy as np
import pytest
from laws import MAX_PULL, pulls

from fullfield.inference.sequential import Rounds
from fullfield.inference.training import EstimatorSettings
from fullfield.studies.imnn.data import DataSettings, make_data
from fullfield.studies.imnn.judgement import acceptance, calibration, rejected, verdict
from fullfield.studies.imnn.points import EXACT, exact_summary, make_case, valid_simulations
from fullfield.studies.imnn.posteriors import GAUSSIAN, Given, PosteriorSettings, about_estimates, infer
from fullfield.train import FitSettings

NAMES = ("A", "B")
POINT = np.array([0.9, 0.6], np.float32)
BRIEF = EstimatorSettings(
    FitSettings(300, steps_per_round=50, learning_rate=1e-2), num_layers=1, num_hidden=16, structure="autoregressive"
)
SETTINGS = PosteriorSettings(300, 3000, 1, (100,), 100, Rounds(2, 300, 1, 600, BRIEF), BRIEF)


@functools.cache
def small():
    """Return a field of 16 pixels a side, its exact score at the target, and everything simulated."""
    case, task, field = make_case("gaussian", 16)
    summary = exact_summary(field, POINT)
    data = make_data("gaussian", 0, case, task, {EXACT: summary}, DataSettings(5000, 2, 100, 300))
    return task, summary, data.sel(summary=EXACT)


@functools.cache
def inferred():
    task, summary, data = small()
    return infer(Given("gaussian_score", 0, task, summary, data), SETTINGS)


def test_every_method_is_judged_and_learned_ones_are_near_the_exact_posterior():
    table = inferred().verdicts.groupby("method")[["c2st", "lost", "mahalanobis"]].mean()
    assert set(table.index) == {"delfi", "npe", "abc", "fisher_gaussian", "reference"}
    # C2ST of 300 rows scatters by .02 a posterior; a shift or a width by a third would be seen.
    assert (table.loc[["delfi", "npe", "reference"], "c2st"] < 0.62).all()
    assert (table.loc[["delfi", "npe"], "mahalanobis"] < 0.6).all()
    # A twentieth of the prior is far wider than the posterior.
    assert table.loc["abc", "lost"] > table.loc["delfi", "lost"] + 0.05
    assert inferred().num_simulations == 300 * (1 + 2)


def test_simulations_of_other_parameters_give_wrong_posteriors():
    task, summary, data = small()
    shuffled = data.assign(bank_theta=(("simulation", "parameter"), data["bank_theta"].values[::-1]))
    exact = data["target_posterior"].values
    found = [verdict(rejected(shuffled, "target", 300)[o], exact[o], (300, 100), NAMES, seed=0) for o in range(2)]
    assert min(one["c2st"] for one in found) > 0.8
    wrong = calibration(shuffled, {"abc": rejected(shuffled, "calibration", 200)})
    right = calibration(data, {"reference": data["calibration_posterior"].values})
    assert right["tarp"].iloc[0] > 1e-4
    assert wrong["tarp"].iloc[0] < 1e-4
    assert acceptance(shuffled, (100, 1000), 100)["c2st"].mean() > 0.65


def test_verdicts_see_shifts_and_widths():
    rng = np.random.default_rng(0)
    exact = rng.normal(size=(4000, 2)).astype(np.float32)
    same, wide = rng.normal(size=(2, 4000, 2)).astype(np.float32)
    right, wrong = (
        verdict(draws, exact, (1000, 350), NAMES, seed=0) for draws in (same, 2.0 * wide + np.array([0.5, 0.0], "f4"))
    )
    assert right["lost"] == pytest.approx(0.0, abs=0.1)
    assert right["c2st"] < 0.54
    assert wrong["lost"] == pytest.approx(2.0 * np.log(2.0), abs=0.1)
    assert (wrong["width_first"], wrong["width_second"]) == pytest.approx((2.0, 2.0), abs=0.15)
    assert wrong["shift_first"] == pytest.approx(0.5, abs=0.15)
    assert wrong["c2st"] > wrong["c2st_few"] - 0.05 > 0.55


def test_repeated_draws_are_refused():
    draws = np.random.default_rng(0).normal(size=(1000, 2)).astype(np.float32)
    with pytest.raises(ValueError, match="500 of 1500 draws are repeated; at most 2% may be"):
        verdict(np.concatenate([draws, draws[:500]]), draws + 1.0, (100, 100), NAMES, seed=0)


def test_the_gaussian_approximation_has_the_inverse_information_as_covariance():
    task, summary, data = small()
    draws = inferred().draws["theta"].sel({"method": GAUSSIAN}).values[0]
    centre = summary.estimates(data["target"].values[:1])[0]
    # The prior's bounds cut hardly anything off on one side of this target.
    factor = np.linalg.cholesky(np.asarray(summary.fisher.information, np.float64))
    white = (draws - centre) @ factor
    low, high = (np.asarray(side) for side in (task.prior.low, task.prior.high))
    assert ((draws > low) & (draws < high)).all()
    assert np.abs(pulls(white[:, 1:] ** 2, 1.0)).max() < MAX_PULL


def test_an_estimate_outside_the_prior_leaves_draws_at_its_bound():
    task, summary, data = small()
    far = data.copy()
    factor = np.linalg.cholesky(np.asarray(summary.fisher.information, np.float64))
    low, high = (np.asarray(side) for side in (task.prior.low, task.prior.high))
    outside = np.array([(low[0] + high[0]) / 2, high[1] + 0.5 * (high[1] - low[1])])
    far["target"] = (data["target"].dims, np.tile((outside - summary.theta) @ factor, (len(data["target"]), 1)))
    draws = about_estimates(Given("test", 0, task, summary, far), 1000)
    assert ((draws >= low) & (draws <= high)).all()
    assert (high - draws)[..., 1].mean() < 0.1 * (high - low)[1]


def test_invalid_simulations_are_named():
    _, task, _ = make_case("gaussian", 16)
    with pytest.raises(ValueError, match="1 of 2 simulations of task gaussian_random_field are invalid; none may be"):
        valid_simulations(jax.random.key(0), task, np.array([[0.5, 0.5], [np.nan, 0.5]], np.float32))
