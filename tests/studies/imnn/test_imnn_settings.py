"""Budgets that cannot work are refused by name."""

import copy

import pytest
import yaml
from checkouts import ROOT

from fullfield.studies.imnn.settings import check

BUDGETS = yaml.safe_load((ROOT / "workflow/studies/imnn/budgets.yaml").read_text())


@pytest.mark.parametrize("scale", BUDGETS)
def test_budgets_of_all_scales_pass(scale):
    check(f"scales.{scale}", {"imnn": BUDGETS[scale]})


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [
        ("num_pixels", 12, r"full.num_pixels is 12; allowed: multiples of 8, for 4 levels"),
        ("num_npe", 10**6, r"full.num_npe is 1000000; allowed: at most scales.laptop.imnn.full.num_bank = 200000"),
        ("accepted", [100, 1000], r"full.accepted is \[100, 1000\]; allowed: at least .*full.num_abc_rows"),
        ("accepted", [400, 10**6], r"full.accepted is \[400, 1000000\]; allowed: at most"),
    ],
)
def test_a_wrong_one_is_named(key, value, match):
    wrong = copy.deepcopy(BUDGETS["laptop"])
    wrong["full"][key] = value
    with pytest.raises(ValueError, match=match):
        check("scales.laptop", {"imnn": wrong})


def test_more_slopes_than_simulations_are_refused():
    wrong = copy.deepcopy(BUDGETS["laptop"])
    wrong["full"]["compressor"]["num_slopes"] = 201
    with pytest.raises(ValueError, match="full.compressor.num_slopes is 201; allowed: at most .*batch_size = 200"):
        check("scales.laptop", {"imnn": wrong})
