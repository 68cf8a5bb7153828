"""Tables of the study of losses, on results whose answers are known."""

import functools
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from fullfield.compress import LOSSES
from fullfield.metrics import repeats
from fullfield.settings import registry
from fullfield.studies.losses import map_information, recipes
from fullfield.studies.losses import tables as loss_tables
from fullfield.studies.losses.findings import findings
from fullfield.studies.losses.map_information import Entropies, prior_surprise
from fullfield.studies.losses.runs import Run, common_simulations, largest_runs, split_by_point

NAMES = ("Omega_c", "Omega_b", "sigma8", "h", "n_s", "w0")
OBSERVATIONS = ("simulated", "simulated_1", "simulated_2")
RNG = np.random.default_rng(0)
REFERENCES = {name: RNG.normal(size=(4, 2000, 6)) for name in OBSERVATIONS}
U = RNG.normal(size=(500, 6))
NUM_MOCKS = 30
NUM_INFERENCE = 70
ENTROPY = np.full(NUM_MOCKS, 3 * np.log(2 * np.pi * np.e) - 4.0)
ENTROPIES = Entropies(ENTROPY + 0.1, ENTROPY)
NUM_ROWS = 200


def run(summary, size, width, gain, num_seeds=3):
    """Return results whose posteriors are `width` times too wide and whose information is `gain` nats."""
    seeds = range(num_seeds)
    dataset = xr.Dataset(
        {
            "draws": (
                ("seed", "observation", "draw", "parameter"),
                width * RNG.normal(size=(num_seeds, len(OBSERVATIONS), 4000, 6)),
            ),
            "test_log_prob": (("seed", "simulation"), np.tile(gain - prior_surprise(U), (num_seeds, 1))),
            "mock_log_prob": (("seed", "mock"), np.full((num_seeds, NUM_MOCKS), gain - 4.0) - ENTROPY),
        },
        coords={"seed": list(seeds), "observation": list(OBSERVATIONS)},
        attrs={"cost": {"simulations": NUM_INFERENCE, "gradients": 4 * NUM_INFERENCE + 4}},
    )
    coverage = pd.DataFrame(
        [
            {"test": test, "parameter": "all", "p_value": 0.5, "inside": summary != "mse", "seed": seed}
            for seed in seeds
            for test in ("sbc", "tarp", "tarp_informed")
        ]
    )
    comparison = pd.DataFrame(
        [
            {"seed": seed, "observation": name, "c2st": 0.55, "standard_error": 0.01, "num_rows": 2000}
            for seed in seeds
            for name in OBSERVATIONS
        ]
    )
    settings = {"cost": {"simulations": size, "gradients": 4 * size}, "num_weights": 1000}
    return Run(summary, size, dataset, coverage, comparison, settings)


@functools.cache
def classifier():
    """Compare references with themselves on few rows: these tests know the answer."""
    return loss_tables.yardsticks(REFERENCES, NUM_ROWS, seed=0)


class Tables(NamedTuple):
    merit: pd.DataFrame
    planes: pd.DataFrame
    losses: pd.DataFrame
    ordering: pd.DataFrame
    sizes: pd.DataFrame

    def findings(self):
        return findings(self.losses, self.planes, self.ordering, "laptop", 64)


def tables(runs):
    merit = loss_tables.merit_rows(runs, REFERENCES, NAMES)
    maps = map_information.map_information([one.judged for one in largest_runs(runs)], U, ENTROPIES)
    return Tables(
        merit,
        loss_tables.planes_table(runs, merit),
        loss_tables.losses_table(runs, classifier(), U, maps, num_slow=2),
        loss_tables.ordering_table(merit),
        loss_tables.sizes_table(runs, U, maps),
    )


@pytest.fixture(scope="module")
def made():
    return tables([run("vmim", 100, 1.0, 4.0), run("mse", 100, 1.2, 3.5), run("vmim", 10, 1.1, 3.0)])


def test_figures_of_merit_are_relative_to_the_full_field(made):
    assert len(made.merit) == 3 * 3 * len(OBSERVATIONS) * 3
    rows = made.planes.set_index(["summary", "size", "first", "second"])
    assert len(rows) == 3 * 3
    for plane in (("Omega_c", "sigma8"), ("Omega_c", "w0"), ("sigma8", "w0")):
        for name, size, width in (("vmim", 100, 1.0), ("mse", 100, 1.2), ("vmim", 10, 1.1)):
            row = rows.loc[(name, size, *plane)]
            # The determinant of two dimensions scales as the width squared.
            assert abs(row["percent"] - 100 / width**2) < 4 * row["error"] + 1.5
    assert rows.loc[("mse", 100, "Omega_c", "sigma8"), "published"] == pytest.approx(100 * 2043 / 2520)
    assert made.sizes.set_index(["summary", "size"]).loc[("vmim", 10), "information"] == pytest.approx(3.0)


def test_no_column_is_named_after_a_parameter(made):
    assert not [
        column for table in made for column in table if any(name in column for name in ("Omega_c", "sigma8", "w0"))
    ]


def test_cost_is_that_of_training_and_inference():
    network, score = run("vmim", 100, 1.0, 4.0), run("gaussian_score", 100, 1.0, 4.0)._replace(settings={})
    made = tables([network, score, run("vmim", 10, 1.0, 4.0)])
    costs = made.losses.set_index("summary")[["simulations", "gradients", "num_weights"]]
    assert costs.loc["vmim"].to_list() == [100 + NUM_INFERENCE, 4 * (100 + NUM_INFERENCE) + 4, 1000]
    assert costs.loc["gaussian_score"].to_list() == [NUM_INFERENCE, 4 * NUM_INFERENCE + 4, 0]
    assert made.sizes["simulations"].to_list() == [100 + NUM_INFERENCE, NUM_INFERENCE, 10 + NUM_INFERENCE]


def test_information_is_a_fraction_of_that_in_the_maps(made):
    by_name = made.losses.set_index("summary")
    # VMIM keeps 4 nats and loses none, so the maps hold 4; MSE keeps 3.5 and loses a half. Entropies may be .1 more.
    vmim, mse = by_name.loc["vmim"], by_name.loc["mse"]
    assert (vmim["maps_low"], vmim["maps_high"]) == pytest.approx((3.9, 4.0))
    assert (vmim["fraction_low"], vmim["fraction_high"]) == pytest.approx((1.0, 4.0 / 3.9))
    assert (mse["fraction_low"], mse["fraction_high"]) == pytest.approx((3.5 / 4, 3.5 / 3.9))
    assert (mse["lost_low"], mse["lost_high"]) == pytest.approx((0.4, 0.5))


def test_errors_of_the_fraction_are_its_scatter():
    rng, found = np.random.default_rng(0), []
    for _ in range(200):
        u, size = rng.normal(size=(300, 6)), 300
        # What summaries share is most of the scatter of each; what is lost scatters from mock to mock.
        shared = rng.normal(5.0, 1.5, size=size)
        judged = [
            xr.Dataset(
                {
                    "test_log_prob": (
                        ("seed", "simulation"),
                        (shared - lost + rng.normal(0, 0.3, size) - prior_surprise(u))[None],
                    ),
                    "mock_log_prob": (("seed", "mock"), rng.normal(-lost, 0.4 + lost, NUM_MOCKS)[None] - ENTROPY),
                }
            )
            for lost in (0.2, 0.8)
        ]
        maps = map_information.map_information(judged, u, ENTROPIES)
        rows = [map_information.information_columns(one, u, maps) for one in judged]
        found.append([(row["fraction_low"], row["fraction_error"]) for row in rows])
    fractions, errors = np.moveaxis(found, -1, 0)
    np.testing.assert_allclose(fractions.mean(0), [0.96, 0.84], atol=0.01)
    np.testing.assert_allclose(errors.mean(0) / fractions.std(0), 1.0, atol=0.2)


def test_p_values_know_how_few_trainings_and_observations_there_are():
    # Two values: Student's t with one degree of freedom, a Cauchy law.
    assert repeats.p_value(np.array([[1.0], [3.0]])) == pytest.approx(1.0 - 2.0 * np.arctan(2.0) / np.pi)
    assert np.isnan(repeats.p_value(np.array([[3.0]])))
    rng = np.random.default_rng(0)
    values = rng.normal(size=(1000, 1, 5))
    inside = np.mean([repeats.p_value(one) > 0.05 for one in values])
    assert abs(inside - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 1000)


def test_many_pairs_do_not_separate_by_chance():
    np.testing.assert_allclose(repeats.holm(np.array([0.01, 0.04, 0.03, 0.9])), [0.04, 0.09, 0.09, 0.9])
    np.testing.assert_allclose(repeats.holm(np.array([0.001, np.nan, 0.3])), [0.003, np.nan, 0.6])
    rng, trials = np.random.default_rng(1), 1000
    families = rng.uniform(size=(trials, 45))
    assert (families < 0.05).any(1).mean() > 0.8
    false_alarms = np.mean([(repeats.holm(one) < 0.05).any() for one in families])
    assert abs(false_alarms - 0.05) < 4 * np.sqrt(0.05 * 0.95 / trials)


def test_draws_of_the_prior_are_kept_apart():
    moved = {"simulated_2": "prior_0"}
    runs = []
    for one in (run("vmim", 100, 1.0, 4.0), run("mse", 100, 1.2, 3.5)):
        names = [moved.get(name, name) for name in OBSERVATIONS]
        renamed = one.comparison.assign(observation=one.comparison["observation"].replace(moved))
        far = renamed["observation"] == "prior_0"
        comparison = renamed.assign(c2st=renamed["c2st"].where(~far, 0.7))
        runs.append(one._replace(judged=one.judged.assign_coords(observation=names), comparison=comparison))
    references = {moved.get(name, name): chains for name, chains in REFERENCES.items()}
    fiducial, drawn = split_by_point(runs, list(references))
    assert list(drawn[0].judged["observation"].values) == ["prior_0"]
    merit = loss_tables.merit_rows(fiducial, references, NAMES)
    assert set(merit["observation"]) == {"simulated", "simulated_1"}
    losses = loss_tables.losses_table(fiducial, classifier(), U, None, num_slow=0, at_prior=drawn)
    assert losses["c2st"].to_numpy() == pytest.approx(0.55)
    assert losses["c2st_prior"].to_numpy() == pytest.approx(0.7)
    assert losses["num_prior_observations"].to_list() == [1, 1]
    assert split_by_point(runs, OBSERVATIONS[:2])[1] == []


def test_summaries_are_compared_on_the_simulations_that_all_have():
    one, other = (run(name, 100, 1.0, 4.0).judged for name in ("vmim", "mse"))
    one = one.assign_coords(simulation=np.arange(500))
    other = other.isel(simulation=slice(1, None)).assign_coords(simulation=np.arange(1, 500))
    test = xr.Dataset({"u": (("simulation", "parameter"), U), "simulation_index": ("simulation", np.arange(500))})
    (first, second), kept = common_simulations([one, other], test)
    np.testing.assert_array_equal(first["simulation"], second["simulation"])
    np.testing.assert_array_equal(kept["u"], U[1:])


def test_a_single_summary_has_no_order():
    made = tables([run("vmim", 100, 1.0, 4.0)])
    assert made.ordering.empty
    assert "VMIM" in made.findings()


def test_calibration_counts_the_trainings_inside(made):
    by_name = made.losses.set_index("summary")
    assert (by_name.loc["vmim", "sbc_inside"], by_name.loc["mse", "sbc_inside"]) == (3, 0)


def test_only_real_differences_separate(made):
    ordering = made.ordering.set_index(["first", "second"])
    assert ordering["separated"].all()
    assert ordering["difference"].gt(0).all()
    same = tables([run("vmim", 100, 1.0, 4.0), run("mae", 100, 1.0, 4.0)]).ordering
    assert not same["separated"].all()


def test_findings_say_what_the_tables_say(made):
    text = made.findings()
    assert "3 trainings of every loss, 3 observations" in text
    assert "VMIM over MSE" in text
    assert "for all 3 pairs and planes" in text
    assert "MSE (SBC 0 of 3, TARP 0)" in text
    assert "95 % is passed by two errors with 100 distinct simulations" in text
    assert "At least 95 % at two errors: VMIM; not told apart" in text
    assert "below the full field by two errors: MSE" in text
    assert "(published 81 %)" in text
    assert f"what {NUM_MOCKS} explicit posteriors over the prior find in the maps, 3.90 to 4.00 ±" in text
    assert "(2 more, whose chains were too slow" in text


def test_without_error_bars_nothing_is_compared_with_the_paper():
    runs = [run("vmim", 100, 1.0, 4.0, num_seeds=1), run("mse", 100, 1.2, 3.5, num_seeds=1)]
    references = {"simulated": REFERENCES["simulated"]}
    runs = [
        one._replace(
            judged=one.judged.sel(observation=["simulated"]),
            comparison=one.comparison[one.comparison["observation"] == "simulated"],
        )
        for one in runs
    ]
    merit = loss_tables.merit_rows(runs, references, NAMES)
    losses = loss_tables.losses_table(runs, classifier(), U, None, num_slow=0)
    planes = loss_tables.planes_table(runs, merit)
    text = findings(losses, planes, loss_tables.ordering_table(merit), "laptop", 64)
    assert "(no error bar)" in text
    assert "published" not in text


def test_a_missing_result_is_not_averaged_away():
    rows = pd.DataFrame([{"seed": 0, "observation": "a", "percent": 1.0}, {"seed": 1, "observation": "a"}])
    assert np.isnan(repeats.mean_and_error(loss_tables._grid(rows, "percent"))[0])


def test_one_training_and_one_observation_have_no_error_bar():
    mean, error = repeats.mean_and_error(np.array([[3.0]]))
    assert mean == 3.0
    assert np.isnan(error)
    # Two seeds alone: the error is that of their mean.
    assert repeats.mean_and_error(np.array([[1.0], [3.0]])) == (2.0, 1.0)


def test_unknown_summary_is_refused():
    with pytest.raises(ValueError, match="summary is 'vmin'; allowed: mse, mae, gnll"):
        recipes.recipe("vmin", "spectra")
    assert recipes.recipe("mse", "spectra") == ("spectra", "mse", False)
    assert recipes.recipe("vmim_maps", "spectra") == ("spectra", "vmim", True)
    assert recipes.is_sized("vmim_maps")
    assert recipes.recipe("gaussian_score", "spectra").loss is None
    assert registry.fiducial_losses() == ["imnn", "moped"]
    assert recipes.recipe("mse_informed", "spectra") == ("field_scores", "mse", False)
    assert recipes.recipe("vmim_informed_twice", "spectra") == ("field_scores_twice", "vmim", False)
    assert recipes.is_sized("vmim_informed")
    assert not recipes.is_sized("moped")
    with pytest.raises(ValueError, match="summary is 'imnn_informed'"):
        recipes.recipe("imnn_informed", "spectra")
    assert recipes.shipped() == set(recipes.allowed())
    assert set(recipes.SHIPPED_LOSSES) == set(LOSSES)
