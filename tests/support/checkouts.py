"""Copies of the workflow to run Snakemake in: nothing that a test does reaches the results of this folder."""

import os
import shutil
from pathlib import Path

import forks

ROOT = Path(__file__).parents[2]
PROFILE = ("--workflow-profile", "workflow/profiles/default", "--cores", "2")
SEED = int(os.environ.get("FULLFIELD_SEED", "0"))
"""Seed of the smoke run that tests look at."""
SMOKE = (*PROFILE, "--config", "scale=smoke", f"seed={SEED}")
PARTS = ("Snakefile", "config.yaml", "workflow", "scripts", "fullfield", "envs")


FINISHED = os.environ.get("FULLFIELD_FINISHED")
"""Repository with a finished run at the smoke scale, if any: Snakemake makes anew what is not up to date."""


def copy(folder: Path) -> Path:
    """Copy what a run needs into a new folder and return it."""
    folder.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    return folder


def copy_finished(folder: Path) -> Path:
    """Copy the results of `FINISHED`, too, and what Snakemake knows of them."""
    copy(folder)
    for part in ("results/smoke", ".snakemake/metadata") if FINISHED else ():
        shutil.copytree(Path(FINISHED) / part, folder / part)
    return folder


def snakemake(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run Snakemake in a copy, with that copy's library, and return its exit status and all it has written."""
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONWARNINGS": "ignore"}
    return forks.run(folder, ["-m", "snakemake", *map(str, arguments)], environment)


def planned(output: str) -> dict[str, int]:
    """Return the number of jobs by rule from the table of a dry run; nothing where nothing is to be done."""
    lines = [line.split() for line in output.splitlines()]
    if ["job", "count"] not in lines:
        return {}
    table = lines[lines.index(["job", "count"]) + 2 :]
    return {words[0]: int(words[1]) for words in table[: table.index([])] if words[0] != "total"}
