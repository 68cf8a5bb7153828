"""Every caption renders as Snakemake renders it, into clean reStructuredText."""

import re
from pathlib import Path
from types import SimpleNamespace

import docutils.core
import jinja2
import pytest

from fullfield.settings.acceptance import load_bounds

WORKFLOW = Path(__file__).parents[2] / "workflow"
TABLES = sorted([*WORKFLOW.glob("report/tables/*.rst"), *WORKFLOW.glob("studies/*/captions/*_table.rst")])
CAPTIONS = sorted({*WORKFLOW.glob("report/*.rst"), *WORKFLOW.glob("studies/*/captions/*.rst")} - set(TABLES))


class Filled(dict):
    """Attributes as Snakemake's named lists have them; whatever a caption asks for, `default` answers."""

    default = "VALUE"

    def __getattr__(self, name: str):
        return self.get(name, self.default)


class Lists(Filled):
    default = ("results/a.nc", "results/b.nc")


def render(path: Path, caption: str = "", **wildcards: str) -> str:
    config = {"scale": "laptop", "task": wildcards["task"], "seed": 0, "compressors": ["vmim"], "methods": ["npe"]}
    snakemake = SimpleNamespace(
        wildcards=Filled(wildcards),
        params=Filled(methods=["npe_vmim"], caption=caption, bounds=load_bounds().as_settings()),
        input=Filled(posteriors=Lists.default, parts=Lists.default),
        config=config,
    )
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(path.read_text()).render(snakemake=snakemake)


@pytest.mark.parametrize("observation", ["simulated", "my_map"])
@pytest.mark.parametrize("task", ["lensing", "files"])
@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_caption_renders(path, task, observation):
    for caption in [table.read_text() for table in TABLES] if path.name == "table.rst" else [""]:
        text = render(path, caption, task=task, observation=observation, method="npe", compressor="vmim")
        docutils.core.publish_parts(text, writer="html", settings_overrides={"halt_level": 2, "report_level": 5})
        assert len(text.split()) > 25
        assert "{" not in text.replace("{{", "")


def test_every_caption_of_the_rules_exists_and_is_used():
    wanted = {WORKFLOW / "report/workflow.rst"}
    for rules in WORKFLOW.rglob("*.smk"):
        found = re.findall(r'caption="([^"]+)"', rules.read_text())
        wanted |= {(rules.parent / caption).resolve() for caption in found}
    assert wanted == set(CAPTIONS)
