"""Rules and scripts belong together one to one, and scripts only carry data between files and the library."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RULE_FILES = [ROOT / "Snakefile", *sorted((ROOT / "workflow").rglob("*.smk"))]
SCRIPTS = sorted((ROOT / "scripts").rglob("*.py"))
MAX_LINES = 60


def rules_of(text: str) -> dict[str, str]:
    """Return the body of every rule of a Snakemake file by its name."""
    parts = re.split(r"^[ \t]*(?:rule|checkpoint) (\w+):\n", text, flags=re.MULTILINE)
    bodies = (re.split(r"^\S", body, maxsplit=1, flags=re.MULTILINE)[0] for body in parts[2::2])
    return dict(zip(parts[1::2], bodies, strict=True))


def script_of(body: str) -> str | None:
    """Return the path in the `script:` directive of a rule."""
    match = re.search(r"^\s+script:\s*[\"']([^\"']+)[\"']", body, flags=re.MULTILINE)
    return match and match[1]


RULES = {
    name: (path, script)
    for path in RULE_FILES
    for name, body in rules_of(path.read_text()).items()
    if (script := script_of(body))
}


@pytest.mark.parametrize("name", sorted(RULES))
def test_rule_has_the_script_of_its_name(name):
    path, script = RULES[name]
    used = (path.parent / script).resolve()
    study = path.parent.name if path.parents[1].name == "studies" else ""
    # A study may run a stage of the default route on inputs of its own: scripts/<stage>.py for <stage>_<what>.
    borrowed = bool(study) and used.parent == ROOT / "scripts" and name.startswith(f"{used.stem}_")
    assert borrowed or used == ROOT / "scripts" / study / f"{name}.py"
    assert used.is_file()


def test_every_script_belongs_to_a_rule():
    assert SCRIPTS
    assert set(SCRIPTS) == {(path.parent / script).resolve() for path, script in RULES.values()}


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_rules_neither_relaunch_snakemake_nor_change_the_plan(path):
    text = path.read_text()
    assert not re.search(r"^\s*run:", text, flags=re.MULTILINE)
    assert not re.search(r"^\s*checkpoint ", text, flags=re.MULTILINE)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_script_is_short_and_flat(path):
    text = path.read_text()
    nodes = list(ast.walk(ast.parse(text)))
    assert len(text.splitlines()) < MAX_LINES
    assert not any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda) for node in nodes
    )
    assert not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in nodes)


def test_rules_are_read_from_their_text():
    text = """
rule a:
    output:
        "x",
    script:
        "../../scripts/a.py"


if True:

    rule b:
        shell:
            "true"
"""
    assert {name: script_of(body) for name, body in rules_of(text).items()} == {"a": "../../scripts/a.py", "b": None}
