"""Dry runs: every scale on this machine and on a cluster; what the user gets wrong stops before the first job."""

import os
import re

import numpy as np
import pytest
import yaml
from checkouts import ROOT, copy, planned, snakemake

SCALES = ("smoke", "laptop", "paper")
PROFILES = ("default", "slurm")
PLANS = [(scale, profile) for scale in SCALES for profile in PROFILES]
STUDIES = sorted(path.parent.name for path in (ROOT / "workflow/studies").glob("*/rules.smk"))
GPU_RULES = {"theory", "extract_features", "compress", "train_compressor", "train_estimator", "sample_explicit"}
GPU_RULES |= {"estimate_covariance"}
PIXEL = 9.375
NOISE = 0.26 / np.sqrt(5.4 * PIXEL**2)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Make a copy in which one table of every scale has been computed already."""
    folder = copy(tmp_path_factory.mktemp("plans") / "checkout")
    for scale in SCALES:
        table = folder / f"results/{scale}/lensing/tables/main.csv"
        table.parent.mkdir(parents=True)
        table.write_text("computed\n")
        os.utime(table, (1.0, 1.0))
    return folder


def run_all(checkout, commands):
    """Run Snakemake once per command and return the outcomes by name."""
    return {name: snakemake(checkout, *arguments) for name, arguments in commands.items()}


def contents(folder):
    """Return time and text of every file of results."""
    return {path: (path.stat().st_mtime_ns, path.read_text()) for path in (folder / "results").rglob("*.*")}


# --- plans -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plans(checkout):
    commands = {
        (scale, profile): ["-n", "--workflow-profile", f"workflow/profiles/{profile}", "--config", f"scale={scale}"]
        for scale, profile in PLANS
    }
    # A method of a user's own: a plan reads its name and imports nothing.
    (checkout / "fullfield/inference/toy.py").write_text("@register\ndef toy(): ...\n")
    commands["smoke", "toy"] = ["-n", "--config", "scale=smoke", "methods=[npe,toy]"]
    several = ["scale=smoke", "num_observations=3", "num_prior_observations=1"]
    commands["smoke", "several"] = ["-n", "all", "reference", *STUDIES, "--config", *several]
    rng = np.random.default_rng(0)
    images = rng.normal(size=(1000, 8, 8))
    np.savez(checkout / "images.npz", theta=rng.normal(size=(1000, 2)), x=images, symmetries=["roll", "flip", "rotate"])
    np.save(checkout / "image.npy", images[0])
    own = ["scale=smoke", "task=files", "simulations=images.npz", "observation=image.npy"]
    commands["smoke", "images"] = ["-n", "--config", *own]
    (checkout / "populations.csv").write_text(",".join(["1.5"] * 20) + "\n")
    small = ["scale=smoke", "task=lotka_volterra", "observation=populations.csv", "methods=[npe,nle]"]
    commands["smoke", "small"] = ["-n", "--config", *small]
    return run_all(checkout, commands)


@pytest.mark.slow
@pytest.mark.parametrize(("scale", "profile"), PLANS)
def test_every_scale_can_be_planned(plans, scale, profile):
    status, output = plans[scale, profile]
    assert status == 0, output
    jobs = planned(output)
    assert jobs["all"] == jobs["gate_reference"] == jobs["evaluate_c2st"] == jobs["tabulate_main"] == 1
    assert f"results/{scale}/lensing/" in output
    others = "|".join(set(SCALES) - {scale})
    assert not re.search(rf"results/({others})/", output)


@pytest.mark.slow
def test_studies_and_several_observations_can_be_planned(plans):
    status, output = plans["smoke", "several"]
    assert status == 0, output
    jobs = planned(output)
    # Three at the fiducial point and one at a draw of the prior, each with its own chains.
    assert jobs["observe"] == jobs["gate_reference"] == jobs["evaluate_c2st"] == 4
    assert jobs["sample_explicit"] >= 4
    assert jobs["estimate_covariance"] == 1
    assert "posteriors/prior_0/reference.nc" in output


@pytest.mark.slow
def test_images_on_file_have_features_estimated_and_stored(plans):
    status, output = plans["smoke", "images"]
    assert status == 0, output
    jobs = planned(output)
    assert (jobs["fit_image_features"], jobs["extract_features"], jobs["train_compressor"]) == (1, 3, 1)


@pytest.mark.slow
def test_a_small_task_has_a_reference_and_no_compressor(plans):
    status, output = plans["smoke", "small"]
    assert status == 0, output
    jobs = planned(output)
    assert (jobs["simulate_task"], jobs["sample_task"], jobs["evaluate_c2st"], jobs["evaluate_shifts"]) == (1, 1, 2, 2)
    assert "sample_explicit" not in jobs
    assert "estimators/nle_none.safetensors" in output


@pytest.mark.slow
def test_a_method_in_a_file_of_its_own_is_planned_beside_the_others(plans):
    status, output = plans["smoke", "toy"]
    assert status == 0, output
    jobs = planned(output)
    rules = ("train_estimator", "sample_posterior", "evaluate_coverage", "evaluate_c2st", "evaluate_shifts")
    assert [jobs[rule] for rule in rules] == [2] * len(rules)
    assert "results/smoke/lensing/evaluation/simulated/c2st_toy_vmim.csv" in output


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_gpu_rules_say_so(plans, profile):
    _, output = plans["laptop", profile]
    blocks = re.findall(r"^(?:local)?rule (\w+):\n(?:.*\n)*?    resources: (.*)$", output, flags=re.MULTILINE)
    on_gpu = {rule for rule, resources in blocks if "gpu=1" in resources}
    assert on_gpu >= GPU_RULES
    assert {rule for rule, resources in blocks if "gpu=1" not in resources} >= {"evaluate_c2st", "tabulate"}


# --- what the user gets wrong ----------------------------------------------------------------------------------------


def noise_map(**changes):
    """Return a map that passes every check at the laptop's scale."""
    x = (1.2 * NOISE * np.random.default_rng(0).normal(size=(5, 64, 64))).astype(np.float32)
    for index, value in changes.items():
        x[:, int(index.removeprefix("row_"))] = value
    return x


MAPS = {"good": noise_map(), "masked": noise_map(row_3=np.nan)}
# One of each kind: what else is refused is tested without Snakemake.
BAD_SETTINGS = {
    "unknown scale": (["scale=labtop"], {}, r"config: scale is 'labtop'; did you mean laptop\? allowed: smoke, laptop"),
    "misspelt key on the command line": (
        ["observatoin=a.npy"],
        {},
        r"unknown key observatoin; did you mean observation",
    ),
    "misspelt budget": (
        [],
        {"scales": {"smoke": {"reference": {"num_chain": 4}}}},
        r"config: unknown key scales\.smoke\.reference\.num_chain; did you mean num_chains\?",
    ),
    "block for a number": (["seed={a: 1}"], {}, r"config: seed is \{'a': '1'\}; allowed: an integer, at least 0"),
    "unknown compressor": (["compressors=vmin"], {}, r"compressors holds 'vmin'; did you mean vmim\? allowed: mse"),
    "missing simulations": (
        ["task=files", "simulations=none.npz", "observation=good.npy"],
        {},
        r"config: simulations is 'none\.npz'; there is no such file below /",
    ),
    "masked pixels": (
        ["observation=masked.npy", f"observation_pixel_arcmin={PIXEL}"],
        {},
        r"masked\.npy: 320 of 20480 pixels are NaN or infinite; the model has no masks",
    ),
}
RUN_FOR_REAL = ("unknown scale", "masked pixels")


@pytest.fixture(scope="module")
def refusals(checkout):
    for name, x in MAPS.items():
        np.save(checkout / f"{name}.npy", x)
    commands = {"good map": ["-n", "--config", "observation=good.npy", f"observation_pixel_arcmin={PIXEL}"]}
    for number, (name, (overrides, changes, _)) in enumerate(BAD_SETTINGS.items()):
        (checkout / f"changes_{number}.yaml").write_text(yaml.safe_dump(changes))
        files = ["--configfile", f"changes_{number}.yaml"] if changes else []
        commands[name] = [*files, *(["--config", *overrides] if overrides else []), "--cores", "1"]
        commands[name] += [] if name in RUN_FOR_REAL else ["-n"]
    before = contents(checkout)
    return run_all(checkout, commands), before, contents(checkout)


@pytest.mark.slow
@pytest.mark.parametrize("name", BAD_SETTINGS)
def test_a_mistake_stops_the_run_with_one_message(refusals, name):
    status, output = refusals[0][name]
    message = BAD_SETTINGS[name][2]
    assert status != 0
    assert len(re.findall(message, output)) == 1, output
    assert "Traceback" not in output
    assert "Finished jobid" not in output


@pytest.mark.slow
def test_the_same_without_a_mistake_is_planned(refusals):
    status, output = refusals[0]["good map"]
    assert status == 0, output
    assert "results/laptop/lensing/posteriors/good/reference.nc" in output


@pytest.mark.slow
def test_mistakes_touch_no_result(refusals):
    _, before, after = refusals
    assert len(before) == len(SCALES)
    assert before == after
