"""Run the workflow in the current folder: one run at a time, resumable after a kill, one line per job.

python workflow/run.py [TARGET ...] [Snakemake options]
"""

import argparse
import contextlib
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import locks
import yaml

PROFILE = "workflow/profiles/default"
REPORT = "report.html"
REPORTED = Path(".snakemake/reported.json")
"""What the report was written for: arguments, and its time of change."""
NOTHING = "Nothing to be done"
GRACE_SECONDS = 15
NOISE = re.compile(
    r"|\[\w{3} \w{3} .*\]|(Select jobs|Execute \d+ jobs|Building DAG|Using shell|Provided cores|Assuming unrestricted"
    r"|Rules claiming|Using workflow specific profile|Config file .* is extended|Complete log|Elapsed time).*"
)


def main(arguments: list[str]) -> int:
    """Check the configuration, run the jobs, write the report and say where the results are; return the exit status."""
    end_with_parent(signal.SIGTERM)
    if not any(argument.startswith("--workflow-profile") for argument in arguments):
        arguments = [*arguments, "--workflow-profile", PROFILE]
    with locks.exclusive() as jobs_lock:
        is_done = NOTHING in plan(arguments)
        if locks.interrupted():
            unlock(arguments)
        if is_done:
            print("Nothing to be done: all results are up to date.", flush=True)
        status = 0 if is_done else execute(arguments, jobs_lock)
        if status or {"-n", "--dry-run", "--dryrun"} & set(arguments):
            return status
        status = write_report(arguments)
    print_results(chosen_scale(arguments))
    return status


def snakemake(*arguments: str) -> list[str]:
    """Return the command line of this environment's Snakemake."""
    return [sys.executable, "-m", "snakemake", *arguments]


def plan(arguments: list[str]) -> str:
    """Return what Snakemake would do, without starting a job; exit with its message where that fails."""
    command = snakemake(*arguments, "--dry-run", "--quiet", "rules", "host", "reason")
    process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if process.returncode:
        sys.exit("\n".join([*readable(process.stdout.splitlines()), "Nothing was run."]))
    return process.stdout


def unlock(arguments: list[str]) -> None:
    """Remove the lock that a killed Snakemake left."""
    subprocess.run(snakemake(*arguments, "--unlock"), check=True, capture_output=True)
    print("The last run was interrupted; this one continues where it stopped.", flush=True)


def execute(arguments: list[str], jobs_lock: IO) -> int:
    """Run Snakemake in a process group of its own, which ends when Snakemake ends or this program is stopped."""
    process = subprocess.Popen(
        snakemake(*arguments),
        stdin=jobs_lock,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        process_group=0,
        preexec_fn=prepare_child,
    )

    def end_jobs() -> None:
        process.wait()
        kill_group(process.pid, signal.SIGKILL)

    threading.Thread(target=end_jobs, daemon=True).start()
    with forwarded_signals(process.pid) as stopped:
        for line in readable(process.stdout):
            print(line, flush=True)
        status = process.wait()
    if stopped or status < 0:
        print("Stopped; the same command continues from here.", flush=True)
    return abs(status)


def prepare_child() -> None:
    """Let Snakemake react to an interrupt even in a background shell, and finish when this program is killed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    end_with_parent(signal.SIGTERM)


def end_with_parent(number: int) -> None:
    """Ask Linux to send this process a signal when its parent ends (PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, int(number))


def kill_group(group: int, number: int) -> None:
    """Send a signal to a process group that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


@contextlib.contextmanager
def forwarded_signals(group: int) -> Iterator[list[int]]:
    """Interrupt the group on the first stop signal; kill it on the second, or when the grace period is over."""
    received: list[int] = []

    def stop(number: int, frame: object) -> None:
        kill_group(group, signal.SIGKILL if received else signal.SIGINT)
        received.append(number)
        signal.alarm(GRACE_SECONDS)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    previous = [signal.signal(number, stop) for number in numbers]
    try:
        yield received
    finally:
        signal.alarm(0)
        for number, handler in zip(numbers, previous, strict=True):
            signal.signal(number, handler)


def readable(lines: Iterable[str]) -> Iterator[str]:
    """Reduce Snakemake's blocks to a line per started and per finished job; other lines stay as they are."""
    jobs: dict[str, str] = {}
    block: dict[str, str] | None = None
    finished = ""
    for line in map(str.rstrip, lines):
        if match := re.fullmatch(r"(?:local)?rule (\w+):", line):
            block = {"rule": match[1]}
        elif block is not None and (match := re.fullmatch(r" {4}(\w+): ?(.*)", line)):
            block[match[1]] = match[2]
            if match[1] == "resources":
                name = jobs[block["jobid"]] = f"{block['rule']} {block.get('wildcards', '')}".rstrip()
                yield f"{time.strftime('%H:%M:%S')}       started  {name}"
                block = None
        elif match := re.fullmatch(r"Finished jobid: (\d+) \(Rule: (\w+)\)", line):
            finished = jobs.get(match[1], match[2])
        elif match := re.fullmatch(r"(\d+ of \d+) steps \((\d+%)\) done", line):
            yield f"{time.strftime('%H:%M:%S')}  {match[2]:>4} finished {finished} ({match[1]})"
        elif not NOISE.fullmatch(line):
            yield line


def write_report(arguments: list[str]) -> int:
    """Write Snakemake's HTML report, unless it is up to date, and return the exit status."""
    if is_reported(arguments):
        return 0
    report = subprocess.run(snakemake(*arguments, "--report", REPORT), capture_output=True, text=True)
    if report.returncode:
        print(report.stderr.strip())
    else:
        record_report(arguments)
    return report.returncode


def record_report(arguments: list[str]) -> None:
    """Write down which run the report is of."""
    REPORTED.write_text(json.dumps([arguments, Path(REPORT).stat().st_mtime_ns]))


def is_reported(arguments: list[str]) -> bool:
    """Say whether the report was written for these arguments, after all results, settings, rules and captions."""
    if not (Path(REPORT).exists() and REPORTED.exists()):
        return False
    written = Path(REPORT).stat().st_mtime_ns
    if json.loads(REPORTED.read_text()) != [arguments, written]:
        return False
    folders = (Path("results", chosen_scale(arguments)), Path("workflow"))
    shown = [path for folder in folders for path in folder.rglob("*") if path.suffix != ".pyc"]
    shown += [Path("Snakefile"), *map(Path, named_configuration(arguments).configfile), Path("config.yaml")]
    return all(path.stat().st_mtime_ns <= written for path in shown if path.is_file())


def chosen_scale(arguments: list[str]) -> str:
    """Return the scale that Snakemake would run."""
    return chosen(arguments).get("scale", "")


def chosen(arguments: list[str]) -> dict:
    """Read the configuration as Snakemake does: from `--config`, then `--configfile`, then config.yaml."""
    known, config = named_configuration(arguments), {}
    for path in ["config.yaml", *known.configfile]:
        config |= yaml.safe_load(Path(path).read_text()) or {}
    return config | dict(pair.split("=", 1) for pair in known.config)


def named_configuration(arguments: list[str]) -> argparse.Namespace:
    """Return what the arguments say about the configuration: `config`, pairs, and `configfile`, paths."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--config", "-C", nargs="*", default=[])
    parser.add_argument("--configfile", "--configfiles", nargs="+", default=[])
    return parser.parse_known_args(arguments)[0]


def print_results(scale: str) -> None:
    """Say where the report, the figures and the tables of the scale are."""
    if Path(REPORT).exists():
        print(f"Report   {REPORT}")
    for kind in ("figures", "tables"):
        for folder in sorted(Path("results", scale).glob(f"*/{kind}")):
            print(f"{kind.capitalize():8} {folder}/")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
