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
    assert moments.information_in(moments.X, 0.001) == pytest.approx(exact, abs=1e-3)
    assert moments.information_in(moments.X, 0.1) < exact - 0.1


def test_a_constant_says_nothing_and_an_invertible_function_all():
    assert moments.information_in(np.zeros_like(moments.X)) == pytest.approx(0.0, abs=1e-6)
    curved = np.log1p(np.exp(moments.X))
    assert moments.information_in(curved, 0.001) == pytest.approx(moments.exact_information(), abs=2e-3)


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
    assert table.groupby("loss")["seed"].apply(list).to_dict() == dict.fromkeys(moments.toy_losses(), [0, 1])
    assert curves["summary"].shape == (4, 2, len(moments.X))
    assert table["fraction"].between(0.0, 1.0).all()
