"""The toy in which a moment is not enough: its information, by quadrature."""

from pathlib import Path

import numpy as np
import pytest

from fullfield import io
from fullfield.compress import CompressorSettings
from fullfield.studies.losses import moments

BUDGETS = Path(__file__).parents[3] / "workflow/studies/losses/budgets.yaml"


def test_exact_information():
    # Read finely, x itself says everything; read coarsely, less.
    exact = moments.exact_information()
    assert exact == pytest.approx(1.686, abs=1e-3)
    assert moments.information_in(moments.X, 0.003) == pytest.approx(exact, abs=1e-3)
    assert moments.information_in(moments.X, 0.2) < exact - 0.1


def test_units_of_a_summary_do_not_count_and_invertible_functions_keep_all():
    assert moments.information_in(1e-4 * moments.X) == pytest.approx(moments.information_in(moments.X), abs=1e-6)
    curved = np.log1p(np.exp(moments.X))
    assert moments.information_in(curved, 0.003) == pytest.approx(moments.exact_information(), abs=2e-3)


def test_minimisers_of_mse_and_gnll_are_constant_and_keep_nothing():
    minimisers = moments.exact_minimisers()
    for name in ("mse", "gnll"):
        assert np.abs(minimisers[name]).max() < 1e-12
        assert moments.information_in(minimisers[name]) == 0.0
    assert moments.information_in(minimisers["vmim"]) > 0.99 * moments.exact_information()
    # They are minimisers: the mean squared error grows with the square of any departure, the same for both signs of
    # theta; absolute errors do not grow between the peaks.
    joint = moments.joint_density() / moments.joint_density().sum()
    departure = 0.3 * np.tanh(moments.X)
    errors = np.abs(moments.THETA[:, None] - departure)
    assert np.sum(joint * errors**2) - np.sum(joint * moments.THETA[:, None] ** 2) == pytest.approx(
        np.sum(joint * departure**2), rel=1e-6
    )
    assert np.sum(joint * errors) - np.sum(joint * np.abs(moments.THETA[:, None])) < 0.1 * np.sum(joint * departure**2)


def test_ripples_of_a_trained_constant_are_read():
    ripples = 0.01 * np.sin(3.0 * moments.X)
    assert moments.information_in(ripples) > 0.3


@pytest.mark.slow
def test_vmim_keeps_what_the_moments_lose():
    settings = CompressorSettings.from_budget(
        {"num_simulations": 20000, "num_validation": 1000, "num_steps": 600, "batch_size": 256, "num_hidden": 16}
        | {"learning_rate": 0.01}
    )
    assert moments.simulate_moments(0, 1, settings, ["vmim"])[0]["fraction"].item() > 0.99


def test_mutual_information_of_a_gaussian_pair():
    grid = np.linspace(-6, 6, 401)
    rho = 0.8
    joint = np.exp(-(grid[:, None] ** 2 - 2 * rho * grid[:, None] * grid + grid**2) / (2 * (1 - rho**2)))
    assert moments.mutual_information(joint) == pytest.approx(-np.log(1 - rho**2) / 2, abs=1e-4)


def test_trainings_are_set_by_the_budgets():
    for block in io.read_yaml(BUDGETS).values():
        budget = block["moments"]
        settings = CompressorSettings.from_budget(budget)
        own = ("num_simulations", "num_validation", "batch_size", "num_hidden")
        assert [getattr(settings, name) for name in own] == [budget[name] for name in own]
        of_fit = ("num_steps", "learning_rate", "steps_per_round", "patience")
        assert [getattr(settings.fit, name) for name in of_fit] == [budget[name] for name in of_fit]


def test_every_loss_and_seed_has_a_summary():
    budget = {"num_simulations": 500, "num_validation": 50, "num_steps": 20, "batch_size": 32, "num_hidden": 8}
    table, curves = moments.simulate_moments(0, 2, CompressorSettings.from_budget({**budget, "steps_per_round": 10}))
    assert table.groupby("loss")["seed"].apply(list).to_dict() == dict.fromkeys(moments.LOSSES_UNDER_STUDY, [0, 1])
    assert curves["summary"].shape == (4, 2, len(moments.X))
    assert table["fraction"].between(0.0, 1.0).all()
