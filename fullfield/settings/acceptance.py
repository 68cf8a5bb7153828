"""Bounds that finished results are held against, from ``workflow/acceptance.yaml``."""

import dataclasses
import functools
from pathlib import Path
from typing import Any

from fullfield import text_io
from fullfield.settings import schema

FILE = schema.REPOSITORY / "workflow/acceptance.yaml"
SCALES = ("smoke", "laptop", "paper")


@dataclasses.dataclass(frozen=True)
class Bounds:
    """Bounds of all checks.

    Attributes
    ----------
    false_alarm_rate, gate_false_alarm_rate, pull_room, max_c2st, max_shift, min_width, max_width
        As in the file.
    checks
        Scales that enforce each check, by its name.
    """

    false_alarm_rate: float
    gate_false_alarm_rate: float
    pull_room: float
    max_c2st: float
    max_shift: float
    min_width: float
    max_width: float
    checks: dict[str, list[str]]

    def enforces(self, check: str, scale: str) -> bool:
        """Say whether a scale enforces a check.

        Raises
        ------
        ValueError
            Where the file does not name the check.
        """
        if check not in self.checks:
            raise ValueError(
                f"{FILE.name}: checks has no entry {check!r}{schema.suggestion(check, self.checks)}: name the scales "
                f"that enforce it; entries: {', '.join(self.checks)}"
            )
        return scale in self.checks[check]

    def as_settings(self) -> dict[str, Any]:
        """Return the bounds as plain values, for the settings of a rule."""
        return dataclasses.asdict(self)


def load_bounds(path: Path = FILE) -> Bounds:
    """Read and check a file of bounds.

    Raises
    ------
    ValueError
        For the first key or value that is not allowed.
    """
    contents = schema.check(text_io.read_yaml(path), _rules(), path.name)
    for name, scales in contents["checks"].items():
        if not (isinstance(scales, list) and set(scales) <= set(SCALES)):
            raise ValueError(f"{path.name}: checks.{name} is {scales!r}; allowed: a list of {', '.join(SCALES)}")
    return Bounds(**contents)


@functools.cache
def _rules() -> dict[str, Any]:
    return schema.inline(schema.load("acceptance"))
