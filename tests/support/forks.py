"""Python programs as forks of one process that has imported their libraries: imports are most of what short jobs cost.

The server imports libraries alone: nothing of this repository, nothing that starts a thread or a backend of JAX.
Snakemake, run as a fork, takes `sys.executable` for its jobs, which asks the server for a fork as well.
"""

import functools
import gc
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

SNAKEMAKE = "snakemake.cli snakemake.script snakemake.report.html_reporter jsonschema nbformat smart_open"
JAX = "jax.numpy jax.scipy.special tensorflow_probability.substrates.jax haiku optax jax_cosmo numpyro"
OTHERS = "xarray h5netcdf matplotlib.pyplot getdist.plots sklearn.neural_network"
ADDRESS = "FULLFIELD_FORKS"
"""Environment variable: folder with the server's socket and with the program that stands for Python."""


def run(folder: Path, arguments: Sequence[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run `python arguments` in a folder; return its exit status and all it has written."""
    address = _server()[0]
    with tempfile.TemporaryFile("w+") as output, open(os.devnull) as nothing:
        files = [nothing.fileno(), output.fileno(), output.fileno()]
        status = ask(address, folder, arguments, environment | {ADDRESS: address}, files)
        output.seek(0)
        return status, output.read()


def ask(address: str, folder: Path, arguments: Sequence[str], environment: dict[str, str], files: list[int]) -> int:
    """Have the server run `python arguments` with three standard files; wait for its exit status."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(f"{address}/socket")
        socket.send_fds(connection, [b" "], files)
        with connection.makefile("rw") as stream:
            print(json.dumps([str(folder), [*arguments], environment]), file=stream, flush=True)
            return int(stream.readline() or 1)


@functools.cache
def _server() -> tuple[str, subprocess.Popen]:
    """Start the server, which ends when its input does, with the tests; return its address."""
    folder = tempfile.mkdtemp(prefix="forks")
    python = Path(folder, "python")
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -SE "{__file__}" "$@"\n')
    python.chmod(0o700)
    environment = os.environ | {"PYTHONWARNINGS": "ignore", ADDRESS: folder}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    server = subprocess.Popen([sys.executable, __file__, "--serve"], env=environment, text=True, **pipes)
    server.stdout.readline()
    return folder, server


def serve() -> None:
    """Fork for every program that is asked for, until the input ends."""
    for name in " ".join([SNAKEMAKE, JAX, OTHERS]).split():
        importlib.import_module(name)
    # Collections of garbage would look at all that was imported, again in every fork.
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{os.environ[ADDRESS]}/socket")
    listener.listen()
    print("ready", flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            answer(connection)
            break
        connection.close()
    else:
        shutil.rmtree(os.environ[ADDRESS])


def answer(connection: socket.socket) -> None:
    """Fork once more for the program, and send its exit status."""
    _, files, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("rw") as stream:
        folder, arguments, environment = json.loads(stream.readline())
        if (program := os.fork()) == 0:
            for number, file in enumerate(files):
                os.dup2(file, number)
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment)
            execute(arguments)
        else:
            for file in files:
                os.close(file)
            status = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
            print(status if status >= 0 else 128 - status, file=stream, flush=True)


def execute(arguments: list[str]) -> None:
    """Run `python arguments` in this process."""
    sys.executable = f"{os.environ[ADDRESS]}/python"
    sys.path[0] = os.environ["PYTHONPATH"]
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        sys.exit(ask(os.environ[ADDRESS], Path.cwd(), sys.argv[1:], dict(os.environ), [0, 1, 2]))
