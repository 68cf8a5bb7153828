"""Costs and convergence curves of chains whose law and autocorrelation are known."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from fullfield.pipeline import diagnosis, merit
from fullfield.pipeline.diagnosis import Run
from fullfield.studies.samplers import convergence, cost

NAMES = ("Omega_c", "Omega_b", "sigma8", "w0")
CENTRE = np.array([0.27, 0.05, 0.8, -1.0])
WIDTH = np.array([0.04, 0.006, 0.05, 0.2])
NUM_WARMUP_GRADIENTS, GRADIENTS_PER_DRAW = 101, 7


def chains(seed, num_draws=1500, memory=0.0, shift=0.0):
    """Return four chains of AR(1) draws with unit variance, scaled."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(4, num_draws, len(NAMES)))
    for step in range(1, num_draws):
        noise[:, step] = memory * noise[:, step - 1] + np.sqrt(1 - memory**2) * noise[:, step]
    return CENTRE + WIDTH * (noise + shift)


def run(seed=0, **settings):
    draws = chains(seed, **settings)
    steps = np.full(draws.shape[:2], GRADIENTS_PER_DRAW)
    posterior = xr.Dataset({"theta": (("chain", "draw", "parameter"), draws)})
    posterior.attrs["warmup_gradients"] = [NUM_WARMUP_GRADIENTS] * 4
    stats = xr.Dataset(
        {
            "num_steps": (("chain", "draw"), steps),
            "diverging": (("chain", "draw"), np.zeros(steps.shape, bool)),
            "acceptance_rate": (("chain", "draw"), np.full(steps.shape, 0.8)),
        }
    )
    return Run.from_datasets(posterior, stats)


def test_gradients_are_counted_from_the_start():
    one = run()
    assert one.gradients[0, 0] == NUM_WARMUP_GRADIENTS + GRADIENTS_PER_DRAW
    assert (one.gradients[:, -1] == NUM_WARMUP_GRADIENTS + 1500 * GRADIENTS_PER_DRAW).all()


@pytest.mark.parametrize("memory", [0.0, 0.8])
def test_cost_of_an_effective_draw(memory):
    table = diagnosis.diagnose(run(memory=memory), NAMES)
    assert list(table["parameter"]) == [*NAMES, "S8"]
    # The effective sample size of AR(1) is n (1 - r) / (1 + r); the tails decorrelate faster than the mean.
    expected = GRADIENTS_PER_DRAW * (1 + memory) / (1 - memory)
    assert (np.abs(table["gradients_per_ess"] / expected - 1.0) < 0.25).all()
    assert (table["gradients_per_ess_error"] / table["gradients_per_ess"] < 0.25).all()
    assert (table["gradients"] == 4 * (NUM_WARMUP_GRADIENTS + 1500 * GRADIENTS_PER_DRAW)).all()
    costs = cost.cost_of_samplers({"split_hmc": table, "nuts": table})
    assert list(costs["sampler"]) == ["split_hmc", "nuts"]
    row = costs.iloc[0]
    worst = table["gradients_per_ess"].max()
    assert row["gradients_to_1000"] == round(4 * NUM_WARMUP_GRADIENTS + 1000 * worst)
    assert row["published_count"] == 2 * row["gradients"]
    assert row["min_ess"] == table[["ess_bulk", "ess_tail"]].min(axis=None)


def test_a_curve_comes_down_as_draws_come_in():
    curve = convergence.convergence_curve(run(memory=0.5), chains(1), num_points=4, num_rows=200, seed=0)
    assert set(curve["chain"]) == {0, 1, 2, 3}
    means = curve.groupby("num_draws")["mahalanobis"].mean()
    assert means.iloc[0] > 3 * means.iloc[-1]
    assert (curve["published_count"] == 2 * (NUM_WARMUP_GRADIENTS + GRADIENTS_PER_DRAW * curve["num_draws"])).all()
    assert curve["c2st"].isna().equals(curve["num_rows"] < 50)
    final = curve[curve["num_draws"] == 1500]
    assert np.abs(final["c2st"] - 0.5).max() < 0.12
    assert np.abs(final["c2st_null"] - 0.5).max() < 0.1
    # Distances of means fall to what noise explains.
    assert (final["mahalanobis"] < 2.5 * final["mahalanobis_noise"]).all()
    assert final["smallest_width"].min() > 0.8
    assert final["largest_width"].max() < 1.2


def test_a_short_reference_has_no_null():
    curve = convergence.convergence_curve(run(), chains(1, num_draws=20), num_points=2, num_rows=400, seed=0)
    assert curve["c2st_null"].isna().all()
    assert curve["c2st"].notna().any()


def test_few_effective_draws_are_seen():
    curve = convergence.convergence_curve(run(memory=0.99), chains(1), num_points=2, num_rows=400, seed=0)
    clumped = curve[curve["num_draws"] == 1500]["c2st"].mean()
    free = convergence.convergence_curve(run(memory=0.0), chains(1), num_points=2, num_rows=400, seed=0)
    assert clumped > free[free["num_draws"] == 1500]["c2st"].mean() + 0.1


def test_a_curve_towards_another_law_stays_up():
    curve = convergence.convergence_curve(run(shift=1.0), chains(1), num_points=2, num_rows=200, seed=0)
    final = curve[curve["num_draws"] == 1500]
    # One sigma in each of four directions.
    assert final["mahalanobis"].mean() == pytest.approx(2.0, abs=0.15)
    assert final["c2st"].min() > 0.7


def test_chains_of_one_law_agree_and_others_do_not(monkeypatch):
    monkeypatch.setattr(convergence, "NUM_PERMUTATIONS", 8)
    same = convergence.agreement(chains(0, memory=0.5), chains(1), NAMES, num_rows=300, seed=0)
    assert same["largest_pull"] < 4.5
    assert abs(same["null_pull"]) < 4.0
    assert same["null_mean"] == pytest.approx(0.5, abs=0.03)
    other = convergence.agreement(chains(0), chains(1, shift=0.5), NAMES, num_rows=300, seed=0)
    assert other["largest_pull"] > 10
    assert other["null_pull"] > 5.0
    assert other["num_rows"] == 300


def test_figures_of_merit_are_relative_to_the_reference():
    samples = {"gaussian_field": CENTRE + 2.0 * (chains(3) - CENTRE), "reference": chains(4)}
    table = merit.merit_table(samples, NAMES)
    assert isinstance(table, pd.DataFrame)
    assert list(table["method"]) == ["gaussian_field"] * 3 + ["reference"] * 3
    wide, full = table.iloc[:3], table.iloc[3:]
    # Twice the width in both parameters: a quarter of the figure of merit.
    assert (np.abs(wide["percent"] - 25.0) < 4 * wide["percent_error"] + 0.5).all()
    assert (full["percent"] == 100.0).all()
    expected = 1.0 / (WIDTH[0] * WIDTH[2])
    assert full["figure_of_merit"].iloc[0] == pytest.approx(expected, rel=0.06)
