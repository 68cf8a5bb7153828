"""Samplers that disagree are found out, by the gate and by the acceptance of finished results."""

import dataclasses

import pandas as pd
import pytest

from fullfield.pipeline.acceptance import GateError, accept, gate
from fullfield.settings.acceptance import load_bounds
from fullfield.studies.samplers import acceptance

BOUNDS = load_bounds()
AGREEING = {
    **{"first": "split_hmc", "second": "mams", "largest_pull": 2.5, "parameter": "S8", "num_compared": 7},
    **{"c2st": 0.52, "null_mean": 0.5, "null_std": 0.01, "null_pull": 2.0, "num_divisions": 20},
}


def outcome_of(**changed):
    table = pd.DataFrame([AGREEING | changed, AGREEING])
    return accept({"samplers": acceptance.checks({"agreement.csv": table}, BOUNDS)}, BOUNDS, "smoke")


def test_samplers_that_agree_pass():
    table = outcome_of()
    assert table["passed"].all()
    assert table["num_compared"].tolist() == [4]


@pytest.mark.parametrize(
    ("changed", "row"),
    [
        ({"largest_pull": 6.0}, "split_hmc, mams, S8, largest pull of 7 6.00: p-value is 2.747e-05"),
        ({"null_pull": 5.0, "c2st": 0.55}, "split_hmc, mams, C2ST 0.550 beside 0.500: p-value is"),
    ],
)
def test_samplers_that_disagree_fail(changed, row):
    sentences = outcome_of(**changed).query("not passed")["sentence"].tolist()
    assert len(sentences) == 1
    assert row in sentences[0]


def test_bound_is_divided_by_all_pairs_and_parameters():
    assert outcome_of()["bound"].tolist() == ["at least 0.0025"]
    assert AGREEING["num_compared"] == 7
    alone = acceptance.mean_p_values("a", pd.DataFrame([AGREEING | {"num_compared": 1}]), 1.0)[0].p_value
    assert acceptance.mean_p_values("a", pd.DataFrame([AGREEING]), 1.0)[0].p_value == pytest.approx(7 * alone)


def test_gate_stops_what_disagrees_and_leaves_room_for_estimated_errors():
    one = pd.DataFrame([AGREEING])
    rate, room = BOUNDS.gate_false_alarm_rate, BOUNDS.pull_room
    gate(acceptance.mean_p_values("agreement.csv", one.assign(largest_pull=5.9), room), rate, "Fine")
    with pytest.raises(
        GateError, match=r"The samplers disagree\. agreement\.csv, split_hmc, mams, S8, largest pull of 7"
    ):
        gate(
            acceptance.mean_p_values("agreement.csv", one.assign(largest_pull=6.5), room), rate, "The samplers disagree"
        )
    assert dataclasses.replace(BOUNDS, pull_room=1.0).pull_room < room
