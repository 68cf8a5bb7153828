"""A simulator that leaves its theory is found out, by the gate and by the acceptance of finished results."""

import math

import pandas as pd
import pytest

from fullfield.pipeline.acceptance import GateError, accept, gate
from fullfield.settings.acceptance import load_bounds
from fullfield.studies.simulator import acceptance

BOUNDS = load_bounds()


def summary(pull=3.0, minimum=0.9, num_simulations=1000):
    rows = [("fiducial", "spectrum", 120, pull), ("fiducial", "mean", 5, 1.0), ("fiducial", "minimum", 5, minimum)]
    table = pd.DataFrame(rows, columns=["point", "quantity", "num_comparisons", "largest_pull"])
    return table.assign(num_simulations=num_simulations)


def outcome_of(table):
    return accept({"simulator": acceptance.checks({"summary.csv": table}, BOUNDS)}, BOUNDS, "smoke")


def test_maps_that_follow_the_theory_pass():
    table = outcome_of(summary())
    assert table["passed"].all()
    assert table["num_compared"].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (summary(pull=8.0), "summary.csv, fiducial, spectrum, largest pull of 120 8.00: p-value is"),
        (summary(pull=math.nan), "p-value is nan"),
        (summary(minimum=1.01), "fiducial, minimum: ratio to -lambda is 1.01; allowed: at most 1"),
    ],
)
def test_maps_that_do_not_fail(table, sentence):
    sentences = outcome_of(table).query("not passed")["sentence"].tolist()
    assert len(sentences) == 1
    assert sentence in sentences[0]
    outcomes = acceptance.checks({"summary.csv": table}, BOUNDS)
    with pytest.raises(GateError, match="does not follow its theory"):
        gate(outcomes, BOUNDS.gate_false_alarm_rate, "The simulator does not follow its theory")


def test_few_maps_leave_more_room():
    """Errors from ten maps are themselves uncertain."""
    values = [acceptance.pull_p_values("a", summary(pull=8.0, num_simulations=n), 1.0)[0].p_value for n in (1000, 10)]
    assert values[0] < 1e-10 < values[1]
