"""The file of bounds and its schema say the same, and a wrong file ends in a sentence that names the key."""

import pytest
import yaml

from fullfield import io
from fullfield.settings import schema
from fullfield.settings.acceptance import FILE, load_bounds


def test_every_key_is_described_and_required():
    rules = schema.load("acceptance")
    assert rules["required"] == list(rules["properties"]) == list(io.read_yaml(FILE))
    assert all(entry["description"].endswith(".") for entry in rules["properties"].values())
    assert load_bounds().as_settings() == io.read_yaml(FILE)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("false_alarm_rate", 0.05, r"false_alarm_rate is 0\.05; allowed: a number, above 0, at most 0\.01"),
        ("gate_false_alarm_rate", 0.01, r"gate_false_alarm_rate is 0\.01; allowed: a number, above 0, at most 0\.0001"),
        ("max_c2st", 0.4, r"max_c2st is 0\.4; allowed: a number, at least 0\.5"),
        ("max_shifts", 0.4, "unknown key max_shifts; did you mean max_shift"),
        (
            "checks",
            {"c2st": ["labtop"]},
            r"checks\.c2st is \['labtop'\]; allowed: a list of smoke",
        ),
        ("checks", {"c2st": "laptop"}, r"checks\.c2st is 'laptop'; allowed: a list of smoke, laptop, paper"),
    ],
)
def test_wrong_bounds_are_refused(tmp_path, key, value, message):
    path = tmp_path / "acceptance.yaml"
    path.write_text(yaml.safe_dump(io.read_yaml(FILE) | {key: value}))
    with pytest.raises(ValueError, match=f"acceptance.yaml: {message}"):
        load_bounds(path)
