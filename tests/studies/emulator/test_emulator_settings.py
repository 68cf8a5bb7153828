"""Budgets that cannot work are refused by name."""

import copy

import pytest
import yaml
from checkouts import ROOT

from fullfield.studies.emulator.kinds import FITS, EmulatorSettings
from fullfield.studies.emulator.maps import MapSettings
from fullfield.studies.emulator.settings import check

BUDGETS = yaml.safe_load((ROOT / "workflow/studies/emulator/budgets.yaml").read_text())


@pytest.mark.parametrize("scale", BUDGETS)
def test_budgets_of_all_scales_pass(scale):
    check(f"scales.{scale}", {"emulator": BUDGETS[scale]})
    for extent in ("reduced", "full"):
        own = BUDGETS[scale][extent]
        maps, settings = MapSettings.from_budget(own["maps"]), EmulatorSettings.from_budget(own["flow"])
        num = maps.num_points * maps.num_per_point
        for name in own["fits"]:
            needed = settings.of(FITS[name]).flow.pairs
            assert FITS[name].share * num >= needed.batch_size + needed.num_validation, (extent, name)
    for name in BUDGETS[scale]["controls"]["fits"]:
        # The maps are those of the full extent, and so are settings but for the number of steps.
        pairs = settings.of(FITS[name]).flow.pairs
        assert pairs.pairing != "stratified" or pairs.batch_size % maps.num_per_point == 0, name


@pytest.mark.parametrize(
    ("block", "key", "value", "match"),
    [
        ("flow", "patch", 3, r"full.flow.patch is 3; allowed: divisors of .*full.maps.num_pixels = 32"),
        ("flow", "batch_size", 50, r"full.flow.batch_size is 50; allowed with stratified pairs: multiples of .* = 32"),
        (
            "flow",
            "num_validation",
            48,
            r"full.fits holds 'emulated', .* 48 of .*flow.num_validation = 48; allowed",
        ),
        ("flow", "num_validation", 256, r"full.fits holds 'emulated_sixteenth', which leaves 256 of .* and 16 of"),
        ("maps", "num_points", 100, r"full.fits holds 'emulated_sixteenth', which leaves 200 of .*= 3200 simulations"),
    ],
)
def test_a_wrong_one_is_named(block, key, value, match):
    wrong = copy.deepcopy(BUDGETS["laptop"])
    wrong["full"][block][key] = value
    with pytest.raises(ValueError, match=match):
        check("scales.laptop", {"emulator": wrong})
