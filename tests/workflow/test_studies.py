"""A study can be added and deleted under one name."""

import os
import re
import shutil
import subprocess

import forks
import pytest
from checkouts import ROOT, copy, planned, snakemake

STUDY_FOLDERS = ("fullfield/studies", "scripts", "workflow/studies", "tests/studies")
STUDIES = sorted(path.parent.name for path in ROOT.glob("workflow/studies/*/rules.smk"))
SMOKE_PLAN = ("-n", "--config", "scale=smoke")
SCALES_OF_STUDY = "".join(f"{scale}: {{num_answers: 2}}\n" for scale in ("smoke", "laptop", "paper"))
NEW_STUDY = {
    "fullfield/studies/answers/__init__.py": '"""Answers."""\n\nANSWER = 42\n',
    "workflow/studies/answers/budgets.yaml": SCALES_OF_STUDY,
    "workflow/studies/answers/schema.yaml": """type: object
description: Answers.
additionalProperties: false
required: [num_answers]
properties:
  num_answers: {type: integer, minimum: 1, description: How many., default: 2}
""",
    "workflow/studies/answers/rules.smk": """# Study of answers: how many there are.


rule answers:
    input:
        f"results/{SCALE}/answers.txt",


rule write_answers:
    output:
        "results/{scale}/answers.txt",
    params:
        number=budget("answers", "num_answers"),
        code=code("studies.answers"),
    shell:
        "echo {params.number} > {output}"
""",
}


@pytest.fixture
def checkout(tmp_path):
    """Make a copy with the tests in it."""
    folder = copy(tmp_path / "checkout")
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "Makefile"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def delete(checkout, study):
    """Delete everything that stands under the name of a study."""
    for folder in STUDY_FOLDERS:
        shutil.rmtree(checkout / folder / study)


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES)
def test_without_a_study_the_rest_still_plans(checkout, study):
    delete(checkout, study)
    status, output = snakemake(checkout, *SMOKE_PLAN)
    assert status == 0, output
    jobs = planned(output)
    assert jobs["all"] == jobs["gate_reference"] == jobs["evaluate_c2st"] == jobs["tabulate_main"] == 1
    assert f"scripts/{study}/" not in output


@pytest.mark.slow
def test_without_studies_the_other_tests_are_found(checkout):
    # That studies do not import each other is a law of `test_layers.py`.
    for study in STUDIES:
        delete(checkout, study)
    collect = ["-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    status, output = forks.run(checkout, collect, os.environ | {"PYTHONPATH": str(checkout)})
    assert status == 0, output[-3000:]


@pytest.mark.slow
def test_a_new_study_of_four_small_files_plans_and_is_listed(checkout):
    for path, text in NEW_STUDY.items():
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        (checkout / path).write_text(text)
    allowed, refused = (f"scales={{smoke: {{answers: {{num_answers: {number}}}}}}}" for number in (5, 0))
    status, output = snakemake(checkout, "answers", "-p", *SMOKE_PLAN, allowed)
    assert status == 0, output
    assert "echo 5 > results/smoke/answers.txt" in output
    status, output = snakemake(checkout, "answers", *SMOKE_PLAN, refused)
    assert status != 0
    assert "scales.smoke.answers.num_answers is 0; allowed: an integer, at least 1" in output
    listed = subprocess.run(["make", "help"], cwd=checkout, capture_output=True, text=True, check=True).stdout
    assert re.search(r"TARGET=answers +answers: how many there are\.", listed), listed
