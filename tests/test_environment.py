"""The environment: conda files follow the lock, and an interpreter that cannot be used is refused in one sentence."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from snakemake_executor_plugin_slurm.partitions import get_best_partition, read_partition_file

ROOT = Path(__file__).parents[1]
SUPPORTED = "3.11, 3.12 or 3.13"


def fake_interpreter(path: Path, version: str) -> Path:
    """Write a program that answers every question with a Python version."""
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


def make(*arguments: str) -> subprocess.CompletedProcess:
    """Run make as a user would, also where make runs the tests."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.14", "2.7"])
def test_unsupported_python_is_refused_in_one_sentence(tmp_path, version):
    result = make("env", f"PYTHON={fake_interpreter(tmp_path / 'python', version)}")
    assert result.returncode != 0
    assert f"needs Python {SUPPORTED}" in result.stderr
    assert f"is Python {version}" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_missing_python_is_refused_in_one_sentence():
    result = make("env", "PYTHON=python-that-is-not-there")
    assert result.returncode != 0
    assert f"needs Python {SUPPORTED}" in result.stderr
    assert "python-that-is-not-there cannot be used" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_help_is_the_default_and_names_every_target():
    targets = {line.split()[1] for line in make().stdout.splitlines() if line.startswith("make ")}
    expected = {"help", "env", "run", "report", "accept", "results", "test", "lint", "format", "notebook", "clean"}
    assert targets == expected


def test_conda_files_follow_the_lock():
    result = subprocess.run([sys.executable, "envs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


def test_stale_conda_file_is_named(tmp_path):
    for name in ("pyproject.toml", "uv.lock", "README.md"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    (tmp_path / "envs").mkdir()
    for path in (ROOT / "envs").glob("*.*"):
        (tmp_path / "envs" / path.name).write_text(path.read_text())
    if (ROOT / ".tools").exists():
        (tmp_path / ".tools").symlink_to(ROOT / ".tools")
    stale = tmp_path / "envs" / "cpu.yaml"
    stale.write_text(stale.read_text().replace("absl-py==", "absl-py>="))
    result = subprocess.run(
        [sys.executable, tmp_path / "envs" / "generate.py", "--check"], capture_output=True, text=True
    )
    assert result.returncode == 1
    assert "envs/cpu.yaml differs from uv.lock" in result.stderr


@pytest.mark.parametrize(("name", "has_cuda"), [("cpu", False), ("gpu", True)])
def test_conda_files_pin_every_package(name, has_cuda):
    environment = yaml.safe_load((ROOT / "envs" / f"{name}.yaml").read_text())
    requirements = environment["dependencies"][-1]["pip"]
    assert all("==" in requirement for requirement in requirements)
    assert any(requirement.startswith("jax-cuda12") for requirement in requirements) == has_cuda


def test_profiles_are_complete():
    folder = ROOT / "workflow" / "profiles"
    default, slurm = (yaml.safe_load((folder / name / "config.yaml").read_text()) for name in ("default", "slurm"))
    assert default["cores"] == "all"
    assert slurm["executor"] == "slurm"
    assert default["rerun-incomplete"] is slurm["rerun-incomplete"] is True
    assert default["default-resources"] == slurm["default-resources"]


@pytest.mark.parametrize(("resources", "expected"), [({"gpu": 1}, "gpu"), ({"gpu": 0}, "cpu"), ({}, "cpu")])
def test_gpu_jobs_go_to_the_partition_with_gpus(resources, expected):
    profile = yaml.safe_load((ROOT / "workflow/profiles/slurm/config.yaml").read_text())
    partitions = read_partition_file(ROOT / profile["slurm-partition-config"])
    job = SimpleNamespace(resources={"mem_mb": 2000, "runtime": 15, **resources}, threads=1, name="job")
    assert get_best_partition(partitions, job, logging.getLogger()) == expected
