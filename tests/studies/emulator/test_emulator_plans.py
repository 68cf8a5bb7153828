"""Targets beside the study itself can be planned."""

import pytest


@pytest.mark.parametrize(
    ("target", "judged"), [("emulator_controls", "judge_maps"), ("emulator_explicit", "tabulate_explicit")]
)
def test_further_targets_can_be_planned(plan_of, target, judged):
    assert plan_of(target)[judged] == 1
