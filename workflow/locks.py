"""One run at a time in a folder, and none of the jobs of a killed run beside it.

Two lock files guard the folder. `run.lock` belongs to the running program alone and says that a run is in progress.
`jobs.lock` is the standard input of Snakemake and so of every job it starts: as long as one of them lives the lock
is held, and whoever has it as standard input is a job of this folder and of no other. A job that outlived a killed
run is therefore found, and stopped before it can write into the next run's files.
"""

import contextlib
import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

FOLDER = Path(".snakemake")


@contextlib.contextmanager
def exclusive() -> Iterator[IO]:
    """Hold both locks of this folder and yield the one that the jobs inherit, or exit with one sentence."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "run.lock").open("a+") as run_lock, (FOLDER / "jobs.lock").open("a+") as jobs_lock:
        if not take(run_lock):
            run_lock.seek(0)
            sys.exit(f"A run is already in progress in this folder (process {run_lock.read().strip() or 'unknown'}).")
        run_lock.truncate(0)
        run_lock.write(str(os.getpid()))
        run_lock.flush()
        if not take(jobs_lock):
            stop_leftovers(jobs_lock)
        yield jobs_lock


def take(lock: IO) -> bool:
    """Take the lock at once and say whether that worked."""
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def stop_leftovers(lock: IO) -> None:
    """Kill the jobs that a killed run left behind and take their lock, or exit with one sentence."""
    leftovers = [pid for pid in processes() if same_file(f"/proc/{pid}/fd/0", lock.name)]
    for pid in leftovers:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    for _ in range(50):
        if take(lock):
            print(f"Stopped what a killed run had left behind (processes {', '.join(map(str, leftovers))}).")
            return
        time.sleep(0.1)
    names = ", ".join(map(str, leftovers)) or "which this system does not name"
    sys.exit(f"A job of an earlier run is still running (process {names}): stop it, then start the run again.")


def interrupted() -> bool:
    """Say whether a Snakemake left its own lock in this folder; exit with one sentence if that one is alive."""
    if not any(FOLDER.glob("locks/*")):
        return False
    for pid in processes():
        if is_snakemake(pid) and same_file(f"/proc/{pid}/cwd", "."):
            sys.exit(f"Snakemake is already running in this folder (process {pid}).")
    return True


def processes() -> list[int]:
    """Return the other processes of this machine (none where there is no /proc)."""
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if int(path.name) != os.getpid()]


def is_snakemake(pid: int) -> bool:
    """Say whether the process runs Snakemake, as a program or as a Python module."""
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:3]
        return any(os.path.basename(word) == b"snakemake" for word in words)
    return False


def same_file(path: str, other: str) -> bool:
    """Say whether both paths lead to one file; False where one of them cannot be read."""
    with contextlib.suppress(OSError):
        return os.path.samefile(path, other)
    return False
