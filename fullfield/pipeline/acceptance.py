"""Do finished results hold what the project claims? Tables in, checks out; studies bring checks of their own."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from fullfield.settings.acceptance import Bounds

COLUMNS = ("part", "check", "quantity", "num_compared", "table", "row", "value", "bound", "passed", "sentence")


class GateError(ValueError):
    """Raised where something that later comparisons rest on has failed."""


class Check(NamedTuple):
    """A number of a table and its bounds."""

    kind: str
    """Entry of ``checks`` in workflow/acceptance.yaml."""
    table: str
    """File that holds the number, below the folder of the task."""
    row: str
    """What tells its row from the others."""
    quantity: str
    value: float | int
    low: float | int = 0.0
    high: float | int = math.inf

    @property
    def passed(self) -> bool:
        """Whether the number lies within its bounds; one that is not a number does not."""
        return bool(self.low <= self.value <= self.high)

    @property
    def bound(self) -> str:
        """The bounds in words."""
        low, high = _number(self.low), _number(self.high)
        if self.low == self.high:
            return low
        if math.isinf(self.high):
            return f"at least {low}"
        return f"{low} to {high}" if self.low > 0.0 else f"at most {high}"

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        return f"{self.table}, {self.row}: {self.quantity} is {_number(self.value)}; allowed: {self.bound}"

    @property
    def strain(self) -> float:
        """How close the number is to its bounds, or how far beyond: above 1 it is outside."""
        return math.inf if math.isnan(self.value) else max(_ratio(self.value, self.high), _ratio(self.low, self.value))


class PValue(NamedTuple):
    """A p-value of a table; how small it may be depends on how many there are."""

    kind: str
    table: str
    row: str
    p_value: float


Outcome = Check | PValue


def judged(outcomes: Sequence[Outcome], rate: float) -> list[Check]:
    """Return checks of all outcomes, p-values with a bound of `rate` over their number.

    The chance that any of the p-values fails where all that they test is true is at most `rate`, however they depend on
    each other (Bonferroni).
    """
    number = sum(isinstance(one, PValue) for one in outcomes)
    return [
        Check(one.kind, one.table, one.row, "p-value", one.p_value, rate / number) if isinstance(one, PValue) else one
        for one in outcomes
    ]


def gate(outcomes: Sequence[Outcome], rate: float, claim: str) -> None:
    """Let pass what no outcome refutes.

    Parameters
    ----------
    outcomes
        Checks and p-values.
    rate
        Chance that the p-values stop something correct.
    claim
        First sentence of the error.

    Raises
    ------
    GateError
        With a sentence for everything outside its bounds.
    """
    failures = [check.sentence for check in judged(outcomes, rate) if not check.passed]
    if failures:
        raise GateError(f"{claim}. {'. '.join(failures)}.")


def accept(parts: Mapping[str, Sequence[Outcome]], bounds: Bounds, scale: str) -> pd.DataFrame:
    """Judge what a scale enforces.

    Every part that has p-values gets an equal share of ``false_alarm_rate``: a correct run fails any of them with at
    most that chance.

    Parameters
    ----------
    parts
        Outcomes of the default route and of every study, by name.
    bounds
        The bounds.
    scale
        Name of the scale.

    Returns
    -------
    DataFrame
        Columns part, check, quantity, num_compared, table, row, value, bound, passed, sentence: a row for each number
        outside its bounds, and for each kind of number that has none the one closest to them.

    Raises
    ------
    ValueError
        Where the bounds do not name a check.
    """
    enforced = {name: [one for one in own if bounds.enforces(one.kind, scale)] for name, own in parts.items()}
    num_shares = sum(any(isinstance(one, PValue) for one in own) for own in enforced.values())
    rows = []
    for name, own in enforced.items():
        groups: dict[tuple[str, str], list[Check]] = {}
        for check in judged(own, bounds.false_alarm_rate / max(1, num_shares)):
            groups.setdefault((check.kind, check.quantity), []).append(check)
        rows += [row for group in groups.values() for row in _rows(name, group)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(part: str, group: list[Check]) -> list[tuple]:
    shown = [check for check in group if not check.passed] or [max(group, key=lambda check: check.strain)]
    return [
        (part, one.kind, one.quantity, len(group), one.table, one.row, one.value, one.bound, one.passed, one.sentence)
        for one in shown
    ]


def _ratio(one: float | int, other: float | int) -> float:
    return 0.0 if one == 0.0 else one / other if other else math.inf


def _number(value: float | int) -> str:
    return f"{value:.0f}" if math.isfinite(value) and value == round(value) else f"{value:.4g}"
