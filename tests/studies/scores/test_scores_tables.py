"""Means and paired differences of fits."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from fullfield.studies.scores import tables

SIZES, NUM_SEEDS = (50, 100), 10
MANY = (20, 50, 100, 200, 500, 1000, 10000)


def made(effect, seed=0, sizes=SIZES):
    """Return fits of one case whose C2ST falls by `effect` with scores, with noise that both fits of a seed share."""
    rng = np.random.default_rng(seed)
    rows = []
    for size in sizes:
        for number in range(NUM_SEEDS):
            shared = 0.1 * rng.normal()
            for observation in range(2):
                for kind, change in (("none", 0.0), ("joint", -effect)):
                    value = 0.8 + shared + change + 0.01 * rng.normal()
                    rows.append(("moons", "npe", kind, size, number, observation, value, -value, -value, 1000))
    columns = [*tables.CELL, "seed", "observation", "c2st", "log_prob", "median_log_prob", "num_rows"]
    return pd.DataFrame(rows, columns=columns).assign(num_discarded=0)


def test_curves_are_means_with_errors_over_seeds():
    fits = made(0.05)
    fits.loc[(fits["num_simulations"] == 50) & (fits["seed"] >= 3), "c2st"] = np.nan
    table = tables.curves(fits).set_index(["kind", "num_simulations"])
    cell = fits[(fits["kind"] == "joint") & (fits["num_simulations"] == 100)]
    of_seeds = cell.groupby("seed")["c2st"].mean()
    row = table.loc[("joint", 100)]
    assert row["c2st"] == pytest.approx(of_seeds.mean())
    assert row["c2st_error"] == pytest.approx(of_seeds.std(ddof=1) / np.sqrt(NUM_SEEDS))
    assert table.loc[("joint", 50), "c2st_seeds"] == 3
    assert table.loc[("joint", 50), "log_prob_seeds"] == NUM_SEEDS
    assert (table["num_observations"] == 2).all()
    assert table.loc[("joint", 50), ["num_judged", "num_unconverged"]].tolist() == [2 * NUM_SEEDS, 2 * (NUM_SEEDS - 3)]


def test_a_posterior_that_one_kind_alone_was_compared_with_does_not_count():
    fits = made(0.05)
    missing = (fits["kind"] == "joint") & (fits["num_simulations"] == 50) & (fits["observation"] == 0)
    expected = fits[(fits["num_simulations"] == 50) & (fits["observation"] == 1)].groupby("kind")["c2st"].mean()
    table = tables.curves(fits.assign(c2st=fits["c2st"].mask(missing))).set_index(["kind", "num_simulations"])
    for kind in ("none", "joint"):
        assert table.loc[(kind, 50), "c2st"] == pytest.approx(expected[kind])
    assert table.loc[("none", 50), "num_unconverged"] == 0


def test_worth_is_what_as_many_simulations_without_scores_reach():
    """Where the log density grows by one nat a factor of two, half a nat is worth the root of two."""
    rows = [
        ("moons", "npe", kind, size, seed, 0, 0.5, gain, gain, 100)
        for size in (50, 100, 200)
        for seed in range(2)
        for kind, gain in (("none", np.log2(size)), ("joint", np.log2(size) + 0.5))
    ]
    columns = [*tables.CELL, "seed", "observation", "c2st", "log_prob", "median_log_prob", "num_rows"]
    worth = tables.curves(pd.DataFrame(rows, columns=columns).assign(num_discarded=0)).set_index(
        ["kind", "num_simulations"]
    )["worth"]
    assert worth["joint", 50] == pytest.approx(50 * np.sqrt(2))
    assert worth["none", 100] == pytest.approx(100)
    assert worth["joint", 200] == np.inf


def test_differences_are_paired():
    """The scatter that both fits of a seed share drops out: an effect of half of it is seen."""
    table = tables.differences(made(0.05)).set_index(["quantity", "num_simulations"])
    for size in SIZES:
        row = table.loc[("c2st", size)]
        assert row["num_seeds"] == NUM_SEEDS
        assert row["difference"] == pytest.approx(-0.05, abs=5 * row["error"])
        assert row["family_low"] < row["low"] < row["high"] < row["family_high"] < 0


def test_a_fit_that_was_not_compared_leaves_its_pair_out():
    """Observations differ by far more than fits: dropping one of a pair alone would show an effect."""
    fits = made(0.0)
    fits["c2st"] += 0.5 * (fits["observation"] == 1)
    lost = (
        (fits["kind"] == "joint") & (fits["seed"] == 0) & (fits["observation"] == 1) & (fits["num_simulations"] == 50)
    )
    fits.loc[lost, "c2st"] = np.nan
    row = tables.differences(fits, ["c2st"]).set_index("num_simulations").loc[50]
    assert abs(row["difference"]) < 5 * row["error"] < 0.05


def test_limits_hold_as_often_as_they_say():
    """Without an effect a family of seven limits covers zero in 95 % of repetitions; single limits would in 70 %."""
    covered = [
        (table["family_low"] < 0) & (table["family_high"] > 0)
        for table in (tables.differences(made(0.0, seed, MANY), ["c2st"]) for seed in range(300))
    ]
    share = np.mean([cell.all() for cell in covered])
    assert scipy.stats.binomtest(round(share * 300), 300, 0.95).pvalue > 1e-3


def test_published_values_have_cases_of_the_study():
    table = tables.published()
    assert set(table["kind"]) == {"none", "joint"}
    row = table[(table["case"] == "lotka_volterra") & (table["method"] == "npe") & (table["num_simulations"] == 100)]
    assert row.set_index("kind")["c2st"].to_dict() == {"none": 0.942, "joint": 0.910}
