"""Simulations from a file: the smoke scale from an empty folder to the last table."""

import numpy as np
import pytest
import yaml
from checkouts import PROFILE, copy, planned, snakemake

from fullfield import io
from fullfield.tasks.linear_gaussian import design_matrix, mixing_matrix, posterior

FILES = (*PROFILE, "--configfile", "files.yaml")
BUDGETS = {
    "compressor": {"num_steps": 1000, "batch_size": 128, "num_hidden": 16},
    "estimator": {"num_steps": 1000, "batch_size": 128},
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
        *("acceptance", "calibration", "predictive", "posteriors", "cost", "timings")
    }
    cost = io.load_table(folder / "tables/cost.csv").set_index("stage")["simulations"]
    assert cost.to_dict() == {"training": 2000, "inference": 1600, "calibration": 400}
    status, output = snakemake(files, "-n", *FILES)
    assert status == 0
    assert planned(output) == {}
