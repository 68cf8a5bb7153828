"""Dry runs of Snakemake, each a fork of one process that has imported it: the import is half of what a plan costs."""

import functools
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

IMPORTED = ("snakemake.cli", "snakemake.report.html_reporter", "jsonschema", "nbformat", "smart_open")
"""What every plan imports, and nothing of this repository."""


def plan(folder: Path, arguments: Sequence[str]) -> tuple[int, str]:
    """Run Snakemake in a folder, with the library in that folder; return its exit status and all it has written."""
    server = _server()
    server.stdin.write(json.dumps([str(folder), arguments]) + "\n")
    server.stdin.flush()
    return tuple(json.loads(server.stdout.readline()))


@functools.cache
def _server() -> subprocess.Popen:
    """Start the process that forks; it ends when its input does, with the tests."""
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(
        [sys.executable, __file__], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _serve() -> None:
    """Answer every line [folder, arguments] by a line [status, output]."""
    for name in IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        folder, arguments = json.loads(line)
        read, write = os.pipe()
        if (child := os.fork()) == 0:
            os.dup2(write, 1)
            os.dup2(write, 2)
            os.close(write)
            os.chdir(folder)
            os.environ["PYTHONPATH"] = folder
            sys.path[0] = folder
            sys.modules["snakemake.cli"].main(arguments)
        os.close(write)
        with open(read) as output:
            text = output.read()
        print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text]), flush=True)


if __name__ == "__main__":
    _serve()
