"""config.yaml, the survey file and their schemas must say the same."""

from pathlib import Path

import pytest

from fullfield import io
from fullfield.settings import schema
from fullfield.settings.studies import find_studies, with_budgets, with_schemas

REPOSITORY = Path(__file__).parents[2]
CONFIG = REPOSITORY / "config.yaml"
SURVEY = REPOSITORY / "workflow/surveys/lsst_y10.yaml"
STUDIES = find_studies(REPOSITORY / "workflow/studies").values()


def configuration():
    """Return config.yaml with the budgets of all studies."""
    return with_budgets(io.read_yaml(CONFIG), STUDIES)


def rules(name):
    """Return a schema, that of the configuration with the blocks of all studies."""
    raw = schema.load(name)
    return schema.inline(with_schemas(raw, STUDIES) if name == "config" else raw)


def leaves(node, path=""):
    """Yield (dotted path, value) of every entry that is not a block."""
    for name, value in node.items():
        where = f"{path}.{name}".lstrip(".")
        if isinstance(value, dict):
            yield from leaves(value, where)
        else:
            yield where, value


def blocks(node, path=""):
    """Yield (dotted path, schema) of every key that a schema describes."""
    for name, entry in node.get("properties", {}).items():
        where = f"{path}.{name}".lstrip(".")
        yield where, entry
        yield from blocks(entry, where)


def defaults(name):
    return {where: entry["default"] for where, entry in blocks(rules(name)) if "default" in entry}


def test_config_defaults_are_those_of_the_schema():
    given, expected = dict(leaves(configuration())), defaults("config")
    assert set(given) == set(expected)
    compared = {
        where: value for where, value in given.items() if not where.startswith(("scales.smoke", "scales.paper"))
    }
    assert compared == {where: expected[where] for where in compared}


def test_survey_defaults_are_those_of_the_schema():
    assert dict(leaves(io.read_yaml(SURVEY))) == defaults("survey")


def test_scales_have_identical_keys():
    scales = configuration()["scales"]
    keys = {scale: [where for where, _ in leaves(entry)] for scale, entry in scales.items()}
    assert list(keys) == ["smoke", "laptop", "paper"]
    assert keys["smoke"] == keys["laptop"] == keys["paper"]


def test_config_has_no_inheritance():
    text = CONFIG.read_text()
    assert not any(sign in text for sign in ("&", "*", "<<"))


@pytest.mark.parametrize("name", ["config", "survey"])
def test_every_key_is_described_typed_and_required(name):
    root = rules(name)
    for where, entry in [("", root), *blocks(root)]:
        assert "type" in entry, where
        assert where.endswith(("smoke", "laptop", "paper")) or entry["description"].endswith("."), where
        if entry["type"] == "object":
            assert entry["additionalProperties"] is False, where
            assert entry["required"] == list(entry["properties"]), where
        else:
            assert "default" in entry, where


def test_files_pass_their_schemas():
    schema.check(configuration(), rules("config"), CONFIG.name)
    schema.check(io.read_yaml(SURVEY), rules("survey"), SURVEY.name)
