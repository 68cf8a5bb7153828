"""Every caption renders as Snakemake renders it, into clean reStructuredText."""

import re
from pathlib import Path
from types import SimpleNamespace

import docutils.core
import jinja2
import pytest
import yaml

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


def render(path: Path, caption: str = "", changes: dict | None = None, **wildcards: str) -> str:
    config = (
        yaml.safe_load((WORKFLOW.parent / "config.yaml").read_text()) | {"task": wildcards["task"]} | (changes or {})
    )
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


@pytest.mark.parametrize("features", ["polyspectra", "field_scores"])
def test_the_front_page_tells_what_is_likelihood_informed_and_what_was_chosen_on(features):
    config = yaml.safe_load((WORKFLOW.parent / "config.yaml").read_text())
    config["scales"]["laptop"]["compressor"]["features"] = features
    pages = {
        seed: render(WORKFLOW / "report/workflow.rst", changes=config | {"seed": seed}, task="lensing")
        for seed in (config["seed"], config["development_seeds"][0])
    }
    for seed, page in pages.items():
        assert ("from simulations alone" in page) == (features == "polyspectra")
        assert ("likelihood-informed" in page) == (features == "field_scores")
        assert ("Settings were chosen on observations of this seed" in page) == (seed in config["development_seeds"])


def test_every_caption_of_the_rules_exists_and_is_used():
    wanted = {WORKFLOW / "report/workflow.rst"}
    for rules in WORKFLOW.rglob("*.smk"):
        found = re.findall(r'caption="([^"]+)"', rules.read_text())
        wanted |= {(rules.parent / caption).resolve() for caption in found}
    assert wanted == set(CAPTIONS)
