"""Write envs/cpu.yaml and envs/gpu.yaml, the conda environments, from uv.lock; with --check only compare.

python envs/generate.py [--check]
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
EXTRAS = {"cpu": [], "gpu": ["--extra", "cuda12"]}
EXPORT = ["export", "--quiet", "--frozen", "--no-dev", "--no-hashes", "--no-emit-project", "--no-header"]
TEMPLATE = """\
# Written by `python envs/generate.py` from uv.lock; do not edit.
#   conda env create --file envs/{name}.yaml && conda activate fullfield-{name} && pip install --no-deps --editable .
name: fullfield-{name}
channels: [conda-forge, nodefaults]
dependencies:
  - python=3.11
  - pip
  - pip:
{requirements}
"""


def find_uv() -> str:
    """Return the environment's own uv, or the one on PATH."""
    own = sorted(FOLDER.parent.glob(".tools/uv-*/bin/uv"))
    uv = str(own[-1]) if own else shutil.which("uv")
    if uv is None:
        sys.exit("envs/generate.py needs uv: run `make env`, which installs it.")
    return uv


def conda_file(name: str) -> str:
    """Return the text of one conda environment file."""
    command = [find_uv(), *EXPORT, "--no-annotate", *EXTRAS[name]]
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    exported = subprocess.run(
        command, cwd=FOLDER.parent, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    requirements = "\n".join(f"      - {quote(line)}" for line in exported.splitlines())
    return TEMPLATE.format(name=name, requirements=requirements)


def quote(requirement: str) -> str:
    """Quote a requirement with an environment marker for YAML."""
    return f'"{requirement}"' if ";" in requirement else requirement


def main() -> None:
    """Write both files, or exit with one sentence where a file differs from the lock."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is stale")
    check = parser.parse_args().check
    stale = []
    for name in EXTRAS:
        path, text = FOLDER / f"{name}.yaml", conda_file(name)
        if check and (not path.exists() or path.read_text() != text):
            stale.append(f"envs/{path.name}")
        elif not check:
            path.write_text(text)
    if stale:
        differ = "differs" if len(stale) == 1 else "differ"
        sys.exit(f"{' and '.join(stale)} {differ} from uv.lock: run `python envs/generate.py` and commit the result.")


if __name__ == "__main__":
    main()
