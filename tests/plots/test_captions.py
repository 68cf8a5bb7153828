"""Every caption renders as Snakemake renders it, into clean reStructuredText."""

import re
from pathlib import Path
from types import SimpleNamespace

import docutils.core
import jinja2
import pytest

REPORT = Path(__file__).parents[2] / "workflow" / "report"
RULES = Path(__file__).parents[2] / "workflow" / "rules"
CAPTIONS = sorted(path.name for path in REPORT.glob("*.rst"))
TABLES = ("surrogate", "simulator", "convergence", "c2st", "shifts", "calibration", "predictive")
TABLES += ("merit", "samplers", "agreement")


class Filled(dict):
    """Attributes as Snakemake's named lists have them; whatever a caption asks for, `default` answers."""

    default = "VALUE"

    def __getattr__(self, name: str):
        return self.get(name, self.default)


class Lists(Filled):
    default = ("results/a.nc", "results/b.nc")


def render(name: str, **wildcards: str) -> str:
    config = {"scale": "laptop", "task": wildcards["task"], "seed": 0, "compressors": ["vmim"], "methods": ["npe"]}
    snakemake = SimpleNamespace(
        wildcards=Filled(wildcards),
        params=Filled(methods=["npe_vmim"]),
        input=Filled(posteriors=Lists.default, parts=Lists.default),
        config=config,
    )
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    return environment.from_string((REPORT / name).read_text()).render(snakemake=snakemake)


@pytest.mark.parametrize("observation", ["simulated", "my_map"])
@pytest.mark.parametrize("task", ["lensing", "files"])
@pytest.mark.parametrize("name", CAPTIONS)
def test_caption_renders(name, task, observation):
    for table in TABLES if name == "table.rst" else ("",):
        text = render(name, task=task, observation=observation, method="npe", compressor="vmim", table=table)
        docutils.core.publish_parts(text, writer="html", settings_overrides={"halt_level": 2, "report_level": 5})
        assert len(text.split()) > 25
        assert "{" not in text.replace("{{", "")


def test_every_caption_of_the_rules_exists_and_is_used():
    rules = "\n".join(path.read_text() for path in RULES.glob("*.smk"))
    wanted = set(re.findall(r'caption="\.\./report/([^"]+)"', rules))
    assert wanted | {"workflow.rst"} == set(CAPTIONS)
