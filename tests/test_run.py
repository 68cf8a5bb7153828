"""`workflow/run.py` on a workflow of two rules: one run at a time, a killed run resumes, bad settings start nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

import run  # noqa: E402

SNAKEFILE = """
configfile: "config.yaml"
if config["scale"] not in ("smoke", "laptop"):
    raise ValueError(f"scale is {config['scale']!r}")
rule all:
    input: f"results/{config['scale']}/lensing/tables/main.csv"
rule simulate:
    output: "results/{scale}/lensing/simulations.txt"
    params: marker=config["marker"]
    shell: "echo $$ > job.pid; if [ -e {params.marker} ]; then sleep 60; fi; echo 1 > {output}"
rule tabulate:
    input: "results/{scale}/lensing/simulations.txt"
    output: "results/{scale}/lensing/tables/main.csv"
    shell: "cp {input} {output}"
"""


RECORDED = """
import subprocess, sys, run
popen = subprocess.Popen
def recorded(command, **options):
    aims = [aim for flag, aim in (("--dry-run", "plans"), ("--report", "reports")) if flag in command]
    print("Snakemake", *aims or ["runs"], flush=True)
    return popen(command, **options)
subprocess.Popen = recorded
sys.exit(run.main(sys.argv[1:]))
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "config.yaml").write_text("scale: laptop\nmarker: slow\n")
    return tmp_path


def start(folder: Path, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, ROOT / "workflow" / "run.py", "--cores", "1", *arguments]
    profile = ["--workflow-profile", "none"]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen([*command, *profile], cwd=folder, text=True, **streams)


def finish(process: subprocess.Popen) -> tuple[int, str]:
    output, _ = process.communicate(timeout=120)
    return process.returncode, output


def job_of(folder: Path) -> int:
    """Wait until the slow job runs and return its process id."""
    for _ in range(600):
        if (folder / "job.pid").exists() and (text := (folder / "job.pid").read_text().strip()):
            return int(text)
        time.sleep(0.1)
    raise TimeoutError("the job did not start")


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that waits for its parent's attention does not."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.slow
def test_finished_run_names_its_results(folder):
    status, output = finish(start(folder, "--config", "scale=smoke"))
    assert status == 0
    assert "finished simulate scale=smoke (1 of 3)" in output
    assert output.splitlines()[-2:] == ["Report   report.html", "Tables   results/smoke/lensing/tables/"]
    assert (folder / "report.html").exists()


@pytest.mark.slow
def test_idle_run_only_plans(folder):
    def lines():
        """Run in an interpreter of its own and return what it prints, what Snakemake is started for included."""
        command = [sys.executable, "-c", RECORDED, "--cores", "1", "--workflow-profile", "none"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow")}
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True).stdout.splitlines()

    def started():
        return [line for line in lines() if line.startswith("Snakemake")]

    assert started() == ["Snakemake plans", "Snakemake runs", "Snakemake reports"]
    nothing = ["Snakemake plans", "Nothing to be done: all results are up to date."]
    assert lines() == [*nothing, "Report   report.html", "Tables   results/laptop/lensing/tables/"]
    (folder / "results/laptop/lensing/tables/main.csv").touch()
    assert started() == ["Snakemake plans", "Snakemake reports"]


@pytest.fixture
def reported(folder, monkeypatch):
    """Return a folder whose report was written for no arguments, after everything else in it."""
    monkeypatch.chdir(folder)
    for path in ("results/laptop/lensing/tables/main.csv", "workflow/report/main.rst", "other.yaml", "report.html"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()
    run.REPORTED.parent.mkdir()
    run.record_report([])
    assert run.is_reported([])
    return folder


@pytest.mark.parametrize(
    "path", ["results/laptop/lensing/tables/main.csv", "workflow/report/main.rst", "config.yaml", "Snakefile"]
)
def test_report_is_older_than_what_it_shows(reported, path):
    later = (reported / "report.html").stat().st_mtime_ns + 1
    os.utime(reported / path, ns=(later, later))
    assert not run.is_reported([])


@pytest.mark.parametrize("change", ["arguments", "no report", "no record", "by hand", "configuration file"])
def test_report_is_of_another_run(reported, change):
    report = reported / "report.html"
    later = report.stat().st_mtime_ns + 1
    arguments = {"arguments": ["losses"], "configuration file": ["--configfile", "other.yaml"]}.get(change, [])
    if change == "no report":
        report.unlink()
    elif change == "no record":
        run.REPORTED.unlink()
    elif change == "by hand":
        os.utime(report, ns=(later, later))
    elif change == "configuration file":
        run.record_report(arguments)
        assert run.is_reported(arguments)
        os.utime(reported / "other.yaml", ns=(later, later))
    assert not run.is_reported(arguments)


@pytest.mark.slow
def test_bad_setting_starts_no_job(folder):
    status, output = finish(start(folder, "--config", "scale=large"))
    assert status != 0
    assert "scale is 'large'" in output
    assert output.splitlines()[-1] == "Nothing was run."
    assert not (folder / "job.pid").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("victim", ["run", "snakemake"])
def test_second_run_is_refused_and_killed_run_resumes(folder, victim):
    (folder / "slow").touch()
    first = start(folder)
    job = job_of(folder)

    status, output = finish(start(folder))
    assert status != 0
    assert output == f"A run is already in progress in this folder (process {first.pid}).\n"
    assert is_alive(job)

    children = Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text().split()
    os.kill(first.pid if victim == "run" else int(children[0]), signal.SIGKILL)
    first.wait(timeout=60)
    (folder / "slow").unlink()
    (folder / "job.pid").unlink()

    status, output = finish(start(folder))
    assert status == 0, output
    assert "this one continues where it stopped" in output
    assert not is_alive(job)
    assert (folder / "results" / "laptop" / "lensing" / "tables" / "main.csv").read_text() == "1\n"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_stopped_run_takes_its_jobs_along(folder):
    (folder / "slow").touch()
    process = start(folder)
    job = job_of(folder)
    process.terminate()
    status, output = finish(process)
    assert status != 0
    assert "Stopped; the same command continues from here." in output
    assert not is_alive(job)


def test_output_is_a_line_per_job_and_errors_stay():
    block = ["[Sat Nov 21 06:15:35 2026]", "localrule simulate:", "    input: a", "    jobid: 4", "    wildcards: n=1"]
    done = [
        "    resources: tmpdir=/tmp",
        "training 10 %",
        "Finished jobid: 4 (Rule: simulate)",
        "1 of 4 steps (25%) done",
    ]
    error = ["Error in rule simulate:", "    jobid: 4", "    log: a.log"]
    lines = list(run.readable([*block, *done, *error]))
    assert [line[8:].split() for line in lines[:1]] == [["started", "simulate", "n=1"]]
    assert lines[1] == "training 10 %"
    assert lines[2].endswith(" 25% finished simulate n=1 (1 of 4)")
    assert lines[3:] == error


@pytest.mark.parametrize(
    ("arguments", "scale"),
    [
        ([], "laptop"),
        (["--config", "scale=smoke", "seed=1"], "smoke"),
        (["lensing", "--configfile", "other.yaml"], "paper"),
        (["--configfile", "other.yaml", "--config", "scale=smoke", "--cores", "1"], "smoke"),
    ],
)
def test_scale_is_the_one_snakemake_uses(folder, monkeypatch, arguments, scale):
    monkeypatch.chdir(folder)
    (folder / "other.yaml").write_text("scale: paper\n")
    assert run.chosen_scale(arguments) == scale
