"""`workflow/accept.py` on a workflow of two rules: it prints, sets the exit status, and starts nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

import accept  # noqa: E402

SNAKEFILE = """
configfile: "config.yaml"
rule evaluate:
    output: "c2st.csv"
    shell: "touch {output} started"
rule accept:
    input: "c2st.csv"
    output: "results/{scale}/{task}/tables/acceptance.csv"
    shell: "cp outcome.csv {output}"
"""
HEADER = "check,num_compared,quantity,value,bound,table,row,passed,sentence\n"
GOOD = "ledger,1,simulations,7,7,cost.csv,all,True,fine\n"
BAD = 'c2st,1,C2ST,0.7,at most 0.6,c2st.csv,npe,False,"c2st.csv, npe: C2ST is 0.7; allowed: at most 0.6"\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "config.yaml").write_text("scale: laptop\ntask: lensing\n")
    (tmp_path / "outcome.csv").write_text(HEADER + GOOD + BAD)
    return tmp_path


def run(folder, *arguments):
    command = [sys.executable, ROOT / "workflow/accept.py", "--cores", "1", "--workflow-profile", "none", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_results_that_are_missing_are_not_made(folder):
    status, output = run(folder, "--config", "scale=smoke")
    assert status == 1
    assert "The results in results/smoke/lensing are not finished: make run has 1 jobs left.\nevaluate\n" in output
    assert not (folder / "started").exists()


@pytest.mark.slow
def test_numbers_outside_their_bounds_fail(folder):
    (folder / "c2st.csv").touch()
    status, output = run(folder)
    assert status == 1
    assert "c2st.csv, npe: C2ST is 0.7; allowed: at most 0.6" in output.splitlines()[-1]
    (folder / "results/laptop/lensing/tables/acceptance.csv").write_text(HEADER + GOOD)
    status, output = run(folder)
    assert status == 0
    assert "Outside" not in output


def test_outcome_is_a_table_and_a_list(capsys):
    rows = [dict(zip(HEADER.strip().split(","), line.strip().split(","), strict=False)) for line in (GOOD, BAD)]
    assert accept.show(rows[:1]) == 0
    assert accept.show(rows) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == list(accept.SHOWN)
    assert lines[2].split() == ["ledger", "1", "simulations", "7", "7", "cost.csv", "all"]


def test_jobs_are_read_from_the_table_of_a_dry_run():
    output = (
        "Job stats:\njob       count\n------  -------\naccept        1\ntheory        2\ntotal         3\n\nReasons:\n"
    )
    assert accept.jobs_of(output) == {"accept": 1, "theory": 2}
    assert accept.jobs_of("Nothing to be done") == {}
