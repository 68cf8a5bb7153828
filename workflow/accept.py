"""Say whether the finished results of a scale lie within the bounds of workflow/acceptance.yaml.

python workflow/accept.py [Snakemake options]

Nothing is simulated or trained: the results must be there. The exit status is 1 where they are not, or where a number
is outside its bounds.
"""

import csv
import re
import subprocess
import sys
from pathlib import Path

import locks
import run

SHOWN = ("check", "num_compared", "quantity", "value", "bound", "table", "row")
BOUNDS = "workflow/acceptance.yaml"


def main(arguments: list[str]) -> int:
    """Bring the table of acceptance up to date, print it and return the exit status."""
    if not any(argument.startswith("--workflow-profile") for argument in arguments):
        arguments = [*arguments, "--workflow-profile", run.PROFILE]
    config = run.chosen(arguments)
    path = Path("results", config["scale"], config["task"], "tables", "acceptance.csv")
    with locks.exclusive():
        waiting = jobs_of(snakemake(str(path), *arguments, "--dry-run"))
        if unfinished := {rule: count for rule, count in waiting.items() if rule != "accept"}:
            print(
                f"The results in {path.parents[1]} are not finished: make run has {sum(unfinished.values())} jobs left."
            )
            print(", ".join(f"{rule} ({count})" if count > 1 else rule for rule, count in unfinished.items()))
            return 1
        if waiting:
            snakemake(str(path), *arguments)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return show(rows)


def snakemake(*arguments: str) -> str:
    """Run Snakemake and return what it writes, or exit with it."""
    command = subprocess.run(
        run.snakemake(*arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    if command.returncode:
        sys.exit("\n".join(run.readable(command.stdout.splitlines())))
    return command.stdout


def jobs_of(output: str) -> dict[str, int]:
    """Return the number of jobs by rule from the table of a dry run; none where nothing is to be done."""
    table = re.search(r"^job +count\n-[- ]+\n(.*?)^total ", output, flags=re.DOTALL | re.MULTILINE)
    return {line.split()[0]: int(line.split()[1]) for line in table[1].splitlines()} if table else {}


def show(rows: list[dict[str, str]]) -> int:
    """Print what passed as a table and what did not in sentences; return the exit status."""
    passed = [row for row in rows if row["passed"] == "True"]
    failed = [row["sentence"] for row in rows if row["passed"] != "True"]
    print("Within bounds (of those compared, the closest to its bounds):")
    cells = [SHOWN, *([row[name] for name in SHOWN] for row in passed)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(SHOWN))]
    for row in cells:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if failed:
        print(f"Outside the bounds of {BOUNDS}:")
        print("\n".join(f"  {sentence}" for sentence in failed))
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
