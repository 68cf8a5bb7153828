"""The reduced study of losses at the smoke scale."""

import pytest
from checkouts import SMOKE, planned, snakemake

from fullfield import io
from fullfield.settings.schema import REPOSITORY

BUDGET = io.read_yaml(REPOSITORY / "workflow/studies/losses/budgets.yaml")["smoke"]
FIGURES = ("losses_reduced_merit", "losses_reduced_scatter", "losses_reduced_contours")


@pytest.mark.slow
def test_figures_exist(finished_run):
    for name in FIGURES:
        assert (finished_run / f"results/smoke/lensing/figures/{name}.png").stat().st_size > 100, name


@pytest.mark.slow
def test_study_of_losses_is_complete(finished_run):
    folder = finished_run / "results/smoke/lensing/losses/reduced/tables"
    losses = io.load_table(folder / "losses.csv")
    assert losses["summary"].tolist() == BUDGET["reduced"]["summaries"]
    assert (losses["num_seeds"] == len(BUDGET["reduced"]["seeds"])).all()
    assert losses[["information", "c2st"]].notna().all(axis=None)
    planes = io.load_table(folder / "planes.csv")
    assert len(planes) == 3 * len(losses)
    assert planes["percent"].notna().all()
    # One training and one observation have no error bar, and the text says so.
    assert planes["error"].isna().all()
    measured = io.load_table(folder / "fisher.csv")
    assert measured["summary"].tolist() == losses["summary"].tolist()
    assert measured[["ln_det_fisher", "error"]].notna().all(axis=None)
    # Parameters are values, not parts of columns' names.
    assert not any("Omega_c" in column for table in folder.glob("*.csv") for column in io.load_table(table))
    assert "no error bar" in io.read_text(folder / "findings.html")
    by_name = losses.set_index("summary")
    # What a summary takes in all: the training of its network, and inference.
    num_inference = io.read_yaml(REPOSITORY / "config.yaml")["scales"]["smoke"]["estimator"]["num_simulations"]
    assert by_name.loc["vmim", "simulations"] == max(BUDGET["reduced"]["sizes"]) + num_inference
    fiducial = BUDGET["fiducial"]
    num_fiducial = fiducial["num_simulations"] + fiducial["num_validation"]
    assert by_name.loc["imnn", "simulations"] == num_fiducial + num_inference
    cost = io.load_table(finished_run / "results/smoke/lensing/tables/cost.csv").set_index("stage")["simulations"]
    assert cost["fiducial"] == num_fiducial + fiducial["num_test"]
    assert "losses" not in cost  # all other simulations are those of the default route


@pytest.mark.slow
def test_an_edited_module_of_the_study_reruns_the_study_alone(finished_run):
    path = finished_run / "fullfield/studies/losses/judgement.py"
    source = path.read_text()
    path.write_text(f"{source}# a comment\n")
    status, output = snakemake(finished_run, "-n", *SMOKE)
    path.write_text(source)
    assert status == 0, output
    assert planned(output) == {
        "judge_summary": len(BUDGET["reduced"]["summaries"]),
        **dict.fromkeys(
            ("tabulate_losses", "plot_losses", "plot_loss_contours", "accept", "tabulate_timings", "all"), 1
        ),
    }


@pytest.mark.slow
def test_another_seed_of_the_estimator_does_not_rerun_the_study(finished_run):
    status, output = snakemake(finished_run, "-n", *SMOKE, "scales={smoke: {estimator: {seeds: [0, 1, 2, 3]}}}")
    assert status == 0, output
    jobs = planned(output)
    assert jobs["train_estimator"] == 1
    assert not {"train_summary", "judge_summary"} & set(jobs)


@pytest.mark.slow
def test_full_study_can_be_planned(plan_of):
    jobs = plan_of("losses")
    full = BUDGET["full"]
    trained = [name for name in full["summaries"] if name != "gaussian_score"]
    in_sweep = len(full["swept"]) * (len(full["sizes"]) - 1)
    assert jobs["train_summary"] == len(trained) + in_sweep
    assert jobs["judge_summary"] == len(full["summaries"]) + in_sweep
    assert jobs["gate_reference"] == full["num_observations"] + full["num_prior_observations"]
    # Figures of merit of the standard analyses are compared at the fiducial point; their calibration is over the prior.
    assert jobs["sample_power_spectrum"] == full["num_observations"]
    assert jobs["calibrate_baseline"] == 2
    assert jobs["measure_mocks"] == jobs["plot_sensitivity"] == jobs["simulate_moments"] == 1
    assert jobs["sample_mocks"] == BUDGET["mocks"]["num_parts"]


@pytest.mark.slow
def test_networks_that_look_at_maps_are_a_target_of_their_own(plan_of):
    jobs = plan_of("maps")
    assert jobs["train_summary"] == jobs["judge_summary"] == len(BUDGET["maps"]["summaries"])
    assert jobs["gate_reference"] == BUDGET["maps"]["num_observations"]
    assert "simulate_moments" not in jobs


@pytest.mark.slow
def test_the_study_runs_at_the_paper_scale_too(plan_of):
    assert io.read_yaml(REPOSITORY / "config.yaml")["scales"]["paper"]["compressor"]["num_channels"] > 0
    budget = io.read_yaml(REPOSITORY / "workflow/studies/losses/budgets.yaml")["paper"]
    assert plan_of("losses", "paper")["judge_summary"] > len(budget["full"]["summaries"])
    assert plan_of("all", "paper")["judge_summary"] == len(budget["reduced"]["summaries"])


@pytest.mark.slow
def test_what_is_lost_can_be_planned_for_a_trained_summary_alone(plan_of, finished_run):
    assert plan_of("losses_local")["judge_locally"] == BUDGET["local"]["num_observations"]
    other = "scales={smoke: {losses: {local: {summaries: [gaussian_score]}}}}"
    status, output = snakemake(finished_run, "losses_local", "-n", *SMOKE, other)
    assert status != 0
    assert "losses.local.summaries: 'gaussian_score'; allowed: trained summaries" in output
    # Whoever asks for nothing of it is not stopped.
    status, output = snakemake(finished_run, "-n", *SMOKE, other)
    assert status == 0, output
