"""The smoke scale from an empty folder to the last table."""

import re

import pytest
from checkouts import ROOT, SEED, SMOKE, planned, snakemake

from fullfield import io

FIGURES = (
    *("surrogate", "training_vmim", "training_npe_vmim", "simulated_maps", "simulated_spectra", "simulated_traces"),
    *("simulated_contours", "simulated_contours_main", "sbc_npe_vmim", "tarp_npe_vmim", "cost"),
    *("simulated_prior_predictive_npe_vmim", "simulated_posterior_predictive_npe_vmim"),
    *("simulated_knowledge", "simulated_field"),
)
PRINTED = (
    "main",
    "c2st",
    "shifts",
    "calibration",
    "predictive",
    "convergence",
    "posteriors",
    "cost",
    "surrogate",
    "merit",
)


def results(folder):
    """Return the time of every file of results, by path."""
    return {path: path.stat().st_mtime_ns for path in (folder / "results").rglob("*") if path.is_file()}


# What stands behind a gate: where one is passed anew, these are made anew.
COMPARISONS = {"evaluate_c2st", "evaluate_shifts", "tabulate_merit", "plot_contours", "tabulate", "tabulate_main"}
COMPARISONS |= {"accept", "tabulate_timings", "all"}
DEFAULT_RULES = {
    name
    for path in (ROOT / "workflow/rules").glob("*.smk")
    for name in re.findall(r"^rule (\w+):", path.read_text(), re.M)
} | {"all"}


# --- lensing ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_all_figures_and_tables_exist(finished_run):
    folder = finished_run / "results/smoke/lensing"
    drawn = [folder / f"figures/{name}.{suffix}" for name in FIGURES for suffix in ("png", "pdf")]
    tables = [folder / f"tables/{name}.{suffix}" for name in PRINTED for suffix in ("csv", "tex")]
    for path in [*drawn, *tables, folder / "tables/timings.csv"]:
        assert path.stat().st_size > 100, path
    assert [path.name for path in (finished_run / "results").iterdir()] == ["smoke"]


@pytest.mark.slow
def test_main_table_is_sane(finished_run):
    budgets = io.read_yaml(finished_run / "config.yaml")["scales"]["smoke"]
    table = io.load_table(finished_run / "results/smoke/lensing/tables/main.csv")
    assert len(table) == 1
    row = table.iloc[0]
    assert (row["observation"], row["method"], row["compressor"]) == ("simulated", "npe", "vmim")
    assert (row["scale"], row["num_pixels"]) == ("smoke", budgets["num_pixels"])
    assert row["num_seeds"] == len(budgets["estimator"]["seeds"])
    assert 50 <= row["null_rows"] <= row["num_rows"] <= budgets["evaluation"]["num_c2st_rows"]
    assert all(0.0 <= row[name] <= 1.0 for name in ("c2st", "c2st_null", "c2st_shifted"))
    assert row["mahalanobis"] > 0
    assert row["largest_shift"] > 0
    assert 0 < row["smallest_width"] <= row["largest_width"]
    assert {row["sbc_inside"], row["tarp_inside"]} <= {True, False}
    assert row["simulations"] == sum(
        budgets[stage][name]
        for stage, name in (
            ("compressor", "num_simulations"),
            ("compressor", "num_validation"),
            ("estimator", "num_simulations"),
        )
    )
    assert row["gradients"] == 0
    reference = budgets["reference"]
    num_steps = reference["num_chains"] * (reference["num_warmup"] + reference["num_draws"])
    assert num_steps < row["reference_gradients"] <= 30 * num_steps
    assert not table.isna().any(axis=None)


@pytest.mark.slow
def test_every_simulation_of_the_run_is_counted_once(finished_run):
    budgets = io.read_yaml(finished_run / "config.yaml")["scales"]["smoke"]
    cost = io.load_table(finished_run / "results/smoke/lensing/tables/cost.csv").set_index("stage")["simulations"]
    assert cost.index.is_unique
    expected = {
        "training": budgets["compressor"]["num_simulations"] + budgets["compressor"]["num_validation"],
        "inference": budgets["estimator"]["num_simulations"],
        "calibration": budgets["evaluation"]["num_coverage_observations"],
        "predictive": budgets["evaluation"]["num_predictive"],
        "band covariance": budgets["reference"]["num_covariance"],
        "reference": 0,
    }
    assert cost[[*expected]].to_dict() == expected


@pytest.mark.slow
def test_results_are_accepted(finished_run):
    table = io.load_table(finished_run / "results/smoke/lensing/tables/acceptance.csv")
    assert table["passed"].all(), table[~table["passed"]]["sentence"].tolist()
    assert set(table["check"]) >= {"convergence", "surrogate", "ledger"}
    assert not {"c2st", "shifts", "widths", "calibration"} & set(table["check"])


@pytest.mark.slow
def test_every_file_says_where_it_comes_from(finished_run):
    folder = finished_run / "results/smoke/lensing"
    simulated = io.load_dataset(folder / "summaries/vmim_inference.nc")
    reference = io.load_samples(folder / "posteriors/simulated/reference.nc")
    posterior = io.load_samples(folder / "posteriors/simulated/npe_vmim.nc")
    for dataset in (simulated, reference, posterior):
        assert dataset.attrs["scale"] == "smoke"
        assert dataset.attrs["seed"] == SEED
        assert set(dataset.attrs["cost"]) >= {"simulations", "gradients"}
    assert simulated.sizes["simulation"] + simulated.attrs["num_discarded"] == simulated.attrs["cost"]["simulations"]
    assert posterior["theta"].dims == reference["theta"].dims == ("chain", "draw", "parameter")
    assert list(posterior["parameter"].values) == ["Omega_c", "Omega_b", "sigma8", "h", "n_s", "w0"]
    assert not list(folder.glob("checkpoints/*"))


@pytest.mark.slow
def test_second_run_does_nothing(finished_run):
    before = results(finished_run)
    status, output = snakemake(finished_run, *SMOKE)
    assert status == 0
    assert "Nothing to be done" in output
    assert results(finished_run) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edited", "rerun"),
    [
        ("metrics/c2st.py", {"evaluate_c2st", "tabulate", "tabulate_main", "accept", "tabulate_timings", "all"}),
        ("plots/maps.py", {"plot_maps", "tabulate_timings", "all"}),
    ],
)
def test_an_edited_module_reruns_what_depends_on_it_alone(finished_run, edited, rerun):
    path = finished_run / "fullfield" / edited
    source = path.read_text()
    path.write_text(f"{source}# a comment\n")
    status, output = snakemake(finished_run, "-n", *SMOKE)
    path.write_text(source)
    assert status == 0
    # Studies may depend on the module, too; the rest of the default route does not.
    assert rerun <= set(planned(output))
    assert set(planned(output)) & DEFAULT_RULES <= rerun | COMPARISONS
    if "tabulate" in rerun:
        blocks = re.findall(r"^(?:local)?rule tabulate:\n(?:    .*\n)+", output, re.MULTILINE)
        assert any("tables/c2st.csv" in block for block in blocks)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("threshold", "gate"),
    [("reference: {max_rhat: 1.29}", "gate_reference"), ("theory: {max_error_percent: 19.9}", "gate_theory")],
)
def test_a_changed_threshold_does_not_rerun_what_it_judges(finished_run, threshold, gate):
    status, output = snakemake(finished_run, "-n", *SMOKE, f"scales={{smoke: {{{threshold}}}}}")
    assert status == 0, output
    jobs = planned(output)
    assert jobs[gate] == 1
    assert not {"theory", "observe", "sample_explicit", "train_compressor", "extract_features"} & set(jobs)
