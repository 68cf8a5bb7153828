"""CONTRIBUTING.md is the way to extend the project: what its table says is tried, what the texts name is there.

A study of four small files, and one that is deleted: tests/workflow/test_studies.py; tasks, keys and stages:
tests/tasks, tests/settings/test_config_drift.py and tests/test_scripts_form.py.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from checkouts import ROOT, copy, planned, snakemake

from fullfield.settings import configuration

TEXTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "results/README.md"])
SURVEY = "workflow/surveys/lsst_y10.yaml"
LOSS = '''"""A loss of one's own."""

import jax.numpy as jnp

from fullfield.compress.losses import Loss, register, regression


@register
def mine(num_parameters: int) -> Loss:
    """Fourth power of the error."""
    return regression(num_parameters, num_parameters, lambda outputs, u: jnp.sum((outputs - u) ** 4, axis=-1))
'''


class Extension(NamedTuple):
    """Something that a reader adds."""

    written: dict[str, str]
    """Text by path of new files."""
    appended: dict[str, str]
    """Text by path, added at the end of a file."""
    config: str
    """Entry of ``--config`` that asks for it."""
    jobs: dict[str, int]
    """Jobs of the smoke scale that the plan then holds."""
    tried: str = ""
    """Python that runs with the extended library."""


def own_survey() -> str:
    """Return the text of a survey of half as many galaxies."""
    survey = yaml.safe_load((ROOT / SURVEY).read_text())
    return yaml.safe_dump(survey | {"name": "Mine", "galaxy_density_per_bin_arcmin2": 2.7})


EXTENSIONS = {
    "loss": Extension(
        {"fullfield/compress/mine.py": LOSS},
        {"fullfield/compress/__init__.py": "\nfrom fullfield.compress.mine import mine  # noqa: E402, F401\n"},
        "compressors=[vmim, mine]",
        {"train_compressor": 2, "train_estimator": 2, "evaluate_c2st": 2, "sample_explicit": 2},
        "from fullfield.compress import LOSSES; assert LOSSES['mine'](6).num_summaries == 6",
    ),
    "survey": Extension(
        {"workflow/surveys/mine.yaml": own_survey()},
        {},
        "survey=workflow/surveys/mine.yaml",
        {"theory": 1, "train_compressor": 1, "tabulate_main": 1},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("extension", EXTENSIONS.values(), ids=EXTENSIONS)
def test_an_extension_plans(tmp_path, extension):
    checkout = copy(tmp_path / "checkout")
    for path, text in extension.written.items():
        assert not (checkout / path).exists()
        (checkout / path).write_text(text)
    for path, text in extension.appended.items():
        (checkout / path).write_text((checkout / path).read_text() + text)
    status, output = snakemake(checkout, "-n", "--config", "scale=smoke", extension.config)
    assert status == 0, output
    jobs = planned(output)
    assert {rule: jobs[rule] for rule in extension.jobs} == extension.jobs
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    subprocess.run([sys.executable, "-c", extension.tried], cwd=checkout, env=environment, check=True)


def test_an_unknown_loss_is_named_with_those_that_are_known():
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    with pytest.raises(ValueError, match=r"compressors holds 'mine'.* allowed: mse"):
        configuration.validate(config | {"compressors": ["mine"]}, ROOT, check_files=False)


def test_a_survey_of_ones_own_is_read(tmp_path):
    (tmp_path / "mine.yaml").write_text(own_survey())
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    settings = configuration.validate(config | {"survey": "mine.yaml"}, tmp_path, check_files=False)
    assert settings.survey["galaxy_density_per_bin_arcmin2"] == 2.7


# --- what the texts name ---------------------------------------------------------------------------------------------


def named_paths(text: str) -> list[str]:
    """Return paths in backquotes below a folder of the repository, without those that hold placeholders."""
    tops = "|".join(("docs", "envs", "fullfield", "scripts", "tests", "workflow", "benchmarks"))
    return re.findall(rf"`((?:{tops})/[\w./-]*)`", text)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_links_of_a_text_exist(path):
    text = path.read_text()
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    missing = [name for name in named_paths(text) if not (ROOT / name).exists()]
    missing += [link for link in links if link and not (path.parent / link).exists()]
    assert missing == []


def test_make_targets_of_the_texts_exist():
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    for path in TEXTS:
        named = re.findall(r"(?:`|^)make ([a-z]+)", path.read_text(), flags=re.MULTILINE)
        assert sorted(set(named) - targets) == [], path


def test_only_contributing_says_how_to_extend():
    assert "`register`" in (ROOT / "CONTRIBUTING.md").read_text()
    for path in TEXTS:
        if path.name not in ("CONTRIBUTING.md", "CHANGELOG.md"):
            assert "`register`" not in path.read_text(), path


def test_paths_in_texts_are_found():
    text = "`fullfield/io.py`, `workflow/studies/<study>/rules.smk`, `tests` and `docs/tables`"
    assert named_paths(text) == ["fullfield/io.py", "docs/tables"]
    assert not Path(ROOT / "fullfield/none.py").exists()
