"""The smoke scale from an empty folder to the last table, for the survey's maps and for simulations from a file."""

import re

import numpy as np
import pytest
import yaml
from checkouts import copy, copy_finished, planned, snakemake

from fullfield import io
from fullfield.tasks.linear_gaussian import design_matrix, mixing_matrix, posterior

PROFILE = ("--workflow-profile", "workflow/profiles/default", "--cores", "2")
LENSING = (*PROFILE, "--config", "scale=smoke")
FIGURES = (
    *("simulator_spectra", "simulator_one_point", "simulator_moments"),
    *("surrogate", "training_vmim", "training_npe_vmim", "simulated_maps", "simulated_spectra", "simulated_traces"),
    *("simulated_contours", "simulated_contours_main", "sbc_npe_vmim", "tarp_npe_vmim", "cost"),
    *("simulated_prior_predictive_npe_vmim", "simulated_posterior_predictive_npe_vmim"),
    *("simulated_knowledge", "simulated_field", "simulated_samplers_default", "losses_moments"),
    *("losses_reduced_merit", "losses_reduced_scatter", "losses_reduced_contours"),
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
    "simulator",
    "merit",
    "samplers",
    "agreement",
)


def results(folder):
    """Return the time of every file of results, by path."""
    return {path: path.stat().st_mtime_ns for path in (folder / "results").rglob("*") if path.is_file()}


# --- lensing ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lensing(tmp_path_factory):
    folder = copy_finished(tmp_path_factory.mktemp("lensing") / "checkout")
    status, output = snakemake(folder, *LENSING)
    assert status == 0, output[-6000:]
    return folder


@pytest.mark.slow
def test_all_figures_and_tables_exist(lensing):
    folder = lensing / "results/smoke/lensing"
    drawn = [folder / f"figures/{name}.{suffix}" for name in FIGURES for suffix in ("png", "pdf")]
    tables = [folder / f"tables/{name}.{suffix}" for name in PRINTED for suffix in ("csv", "tex")]
    for path in [*drawn, *tables, folder / "tables/timings.csv"]:
        assert path.stat().st_size > 100, path
    assert {path.stem for path in folder.glob("figures/*")} == set(FIGURES)
    assert {path.stem for path in folder.glob("tables/*")} == {*PRINTED, "timings"}
    assert [path.name for path in (lensing / "results").iterdir()] == ["smoke"]


@pytest.mark.slow
def test_main_table_is_sane(lensing):
    budgets = io.read_yaml(lensing / "config.yaml")["scales"]["smoke"]
    table = io.load_table(lensing / "results/smoke/lensing/tables/main.csv")
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
def test_every_file_says_where_it_comes_from(lensing):
    folder = lensing / "results/smoke/lensing"
    simulated = io.load_dataset(folder / "summaries/vmim_inference.nc")
    reference = io.load_samples(folder / "posteriors/simulated/reference.nc")
    posterior = io.load_samples(folder / "posteriors/simulated/npe_vmim.nc")
    for dataset in (simulated, reference, posterior):
        assert dataset.attrs["scale"] == "smoke"
        assert dataset.attrs["seed"] == 0
        assert set(dataset.attrs["cost"]) >= {"simulations", "gradients"}
    assert simulated.sizes["simulation"] + simulated.attrs["num_discarded"] == simulated.attrs["cost"]["simulations"]
    assert posterior["theta"].dims == reference["theta"].dims == ("chain", "draw", "parameter")
    assert list(posterior["parameter"].values) == ["Omega_c", "Omega_b", "sigma8", "h", "n_s", "w0"]
    assert not list(folder.glob("checkpoints/*"))


@pytest.mark.slow
def test_study_of_losses_is_complete(lensing):
    folder = lensing / "results/smoke/lensing/losses/reduced/tables"
    budget = io.read_yaml(lensing / "config.yaml")["scales"]["smoke"]["losses"]
    losses = io.load_table(folder / "losses.csv")
    assert losses["summary"].tolist() == budget["summaries"]
    assert (losses["num_seeds"] == len(budget["reduced"]["seeds"])).all()
    assert losses[["percent_Omega_c_sigma8", "information", "c2st"]].notna().all(axis=None)
    # One training and one observation have no error bar, and the text says so.
    assert losses["error_Omega_c_sigma8"].isna().all()
    assert "no error bar" in io.read_text(folder / "findings.html")
    by_name = losses.set_index("summary")
    assert by_name.loc["vmim", "simulations"] == max(budget["reduced"]["sizes"])
    assert by_name.loc["imnn", "simulations"] == budget["num_fiducial"]
    assert by_name.loc["gaussian_score", "num_weights"] == 0
    moments = io.load_table(lensing / "results/smoke/lensing/losses/moments.csv").groupby("loss")["fraction"]
    assert moments.min()["vmim"] > 0.99
    assert moments.max()["mse"] < 0.1


@pytest.mark.slow
def test_second_run_does_nothing(lensing):
    before = results(lensing)
    status, output = snakemake(lensing, *LENSING)
    assert status == 0
    assert "Nothing to be done" in output
    assert results(lensing) == before


C2ST_JOBS = {"evaluate_c2st": 1, "trace_convergence": 2, "compare_samplers": 1, "plot_samplers": 1}
C2ST_JOBS |= {"tabulate": 2, "tabulate_main": 1, "tabulate_timings": 1, "all": 1}
C2ST_JOBS |= {"judge_summary": 4, "tabulate_losses": 1, "plot_losses": 1, "plot_loss_contours": 1}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edited", "rerun"),
    [
        ("metrics/c2st.py", C2ST_JOBS),
        ("plots/maps.py", {"plot_maps": 1, "tabulate_timings": 1, "all": 1}),
    ],
)
def test_an_edited_module_reruns_what_depends_on_it_alone(lensing, edited, rerun):
    path = lensing / "fullfield" / edited
    source = path.read_text()
    path.write_text(f"{source}# a comment\n")
    status, output = snakemake(lensing, "-n", *LENSING)
    path.write_text(source)
    assert status == 0
    assert planned(output) == rerun
    if "tabulate" in rerun:
        blocks = re.findall(r"^(?:local)?rule tabulate:\n(?:    .*\n)+", output, re.MULTILINE)
        assert any("tables/c2st.csv" in block for block in blocks)


@pytest.mark.slow
def test_a_changed_threshold_does_not_rerun_the_sampler(lensing):
    status, output = snakemake(lensing, "-n", *LENSING, "scales={smoke: {reference: {max_rhat: 1.29}}}")
    assert status == 0, output
    jobs = planned(output)
    assert jobs["gate_reference"] == 1
    assert not {"sample_explicit", "train_compressor", "extract_features", "judge_summary"} & set(jobs)


# --- files -----------------------------------------------------------------------------------------------------------

FILES = (*PROFILE, "--configfile", "files.yaml")
BUDGETS = {
    "compressor": {"num_steps": 1500, "batch_size": 128, "num_hidden": 16},
    "estimator": {"num_steps": 1500, "batch_size": 128},
}
CHOICES = {"scale": "smoke", "task": "files", "simulations": "simulations.npz", "observation": "observed.npy"}
NUM_PARAMETERS, NOISE = 2, 0.5


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Run on simulations of the linear-Gaussian task that some other program has written."""
    folder = copy(tmp_path_factory.mktemp("files") / "checkout")
    rng = np.random.default_rng(0)
    matrix, mixing = design_matrix(NUM_PARAMETERS, 4), mixing_matrix(4)

    def simulate(theta):
        shape = (len(theta), 4)
        return theta @ matrix.T + rng.normal(size=shape) @ mixing.T + NOISE * rng.normal(size=shape)

    theta = rng.normal(size=(4000, NUM_PARAMETERS))
    np.savez(folder / "simulations.npz", theta=theta, x=simulate(theta), parameter_names=np.array(["a", "b"]))
    np.save(folder / "observed.npy", simulate(np.array([[0.8, -0.6]]))[0])
    (folder / "files.yaml").write_text(yaml.safe_dump({**CHOICES, "scales": {"smoke": BUDGETS}}))
    status, output = snakemake(folder, *FILES)
    assert status == 0, output[-6000:]
    return folder


@pytest.mark.slow
def test_simulations_on_file_give_the_exact_posterior(files):
    samples = io.load_samples(files / "results/smoke/files/posteriors/observed/npe_vmim.nc")
    assert list(samples["parameter"].values) == ["a", "b"]
    draws = samples["theta"].values.reshape(-1, NUM_PARAMETERS)
    mean, covariance = posterior(np.load(files / "observed.npy"), NUM_PARAMETERS, NOISE)
    sigma = np.sqrt(covariance.diagonal())
    assert np.abs((draws.mean(0) - mean) / sigma).max() < 0.3
    assert np.abs(draws.std(0) / sigma - 1.0).max() < 0.2
    # The prior itself, N(0, 1), is told apart.
    assert np.abs(1.0 / sigma - 1.0).min() > 0.3


@pytest.mark.slow
def test_simulations_on_file_have_figures_and_tables_of_their_own(files):
    folder = files / "results/smoke/files"
    figures = {"training_vmim", "training_npe_vmim", "observed_contours", "observed_contours_main", "cost"}
    figures |= {"observed_prior_predictive_npe_vmim", "sbc_npe_vmim", "tarp_npe_vmim"}
    assert {path.stem for path in folder.glob("figures/*.png")} == figures
    assert {path.stem for path in folder.glob("tables/*.csv")} == {
        *("calibration", "predictive", "posteriors", "cost", "timings")
    }
    cost = io.load_table(folder / "tables/cost.csv").set_index("stage")["simulations"]
    assert cost.to_dict() == {"compressor vmim": 2000, "inference vmim": 1600, "calibration vmim": 400}
    status, output = snakemake(files, "-n", *FILES)
    assert status == 0
    assert planned(output) == {}
