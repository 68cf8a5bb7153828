"""Emulators between two simulators of one's own: bad files are refused, maps come out as simulations on file."""

import dataclasses

import numpy as np
import pytest
import yaml
from checkouts import ROOT

from fullfield import io, maps_io
from fullfield.settings.user_bridge import check_bridge
from fullfield.settings.user_simulations import check_simulations
from fullfield.studies.emulator.kinds import EmulatorSettings
from fullfield.studies.emulator.own import PART, emulate, simulations_of, split, train_own

NUM, SIDE = 200, 8
NAMES = {"cheap": "cheap.npz", "expensive": "expensive.npz"}
BUDGET = yaml.safe_load((ROOT / "workflow/studies/emulator/budgets.yaml").read_text())["smoke"]["full"]["flow"]


def simulations(seed, scale, num=NUM):
    """White noise whose mean is the first parameter and whose scale is given."""
    rng = np.random.default_rng(seed)
    theta = rng.uniform(size=(num, 2))
    x = theta[:, :1, None] + scale * rng.normal(size=(num, SIDE, SIDE))
    return {"theta": theta, "x": x, "prior": "uniform", "low": np.zeros(2), "high": np.ones(2)}


@pytest.fixture
def files():
    return {"cheap": simulations(1, 1.0), "expensive": simulations(2, 2.0, NUM + 40)}


def check(files):
    return check_bridge(files, NAMES, batch_size=8, patch=2)


@pytest.mark.parametrize(
    ("kind", "change", "match"),
    [
        ("cheap", lambda one: {"x": one["x"][..., :6]}, r"x has shape \(200, 8, 6\); allowed for an emulator"),
        ("cheap", lambda one: {"x": one["x"][:, :4, :4]}, r"cheap.npz: x .* at least 8"),
        ("expensive", lambda one: {"x": np.tile(one["x"], (1, 2, 2))}, r"it has maps of shape \(16, 16\)"),
        ("expensive", lambda one: {key: one[key][:100] for key in ("theta", "x")}, r"100 simulations; at least 160"),
        ("expensive", lambda one: {"parameter_names": np.array(["a", "b"])}, r"it has parameter_names \['a', 'b'\]"),
        ("expensive", lambda one: {"high": np.array([1.0, 2.0])}, r"column 1 of theta does not follow"),
        ("expensive", lambda one: {"symmetries": np.array(["roll"])}, r"it has symmetries \['roll'\], "),
        ("cheap", lambda one: {"x": one["x"] * np.nan}, r"cheap.npz: x: 200 of 200 rows hold NaN"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_bridged_are_refused(files, kind, change, match):
    files[kind] |= change(files[kind])
    with pytest.raises(ValueError, match=match):
        check(files)


def test_parameters_of_another_law_are_refused(files):
    for one in files.values():
        for name in ("prior", "low", "high"):
            del one[name]
    files["expensive"]["theta"] = files["expensive"]["theta"] ** 3
    with pytest.raises(ValueError, match=r"expensive.npz: theta_1 is distributed otherwise than in cheap.npz \(p = "):
        check(files)


def test_points_that_are_tested_on_are_learned_from_by_neither_side(files):
    """Several maps at a point, and points that both files have, among them."""
    for one in files.values():
        one["theta"] = np.repeat(one["theta"], 2, axis=0)[: len(one["x"])]
    files["expensive"]["theta"][:100] = files["cheap"]["theta"][:100]
    parts = split(3, check(files))
    points = {
        side: {row.tobytes() for one in parts.values() for row in getattr(one, side).theta}
        for side in ("tested", "learned")
    }
    assert not points["tested"] & points["learned"]
    assert len(points["tested"]) == pytest.approx(sum(map(len, points.values())) / PART, abs=3)
    assert all(len(one.tested.x) > 0 for one in parts.values())
    for kind, one in parts.items():
        together = np.concatenate([one.tested.theta, one.learned.theta])
        np.testing.assert_array_equal(np.sort(together[:, 0]), np.sort(files[kind]["theta"][:, 0].astype(np.float32)))


def test_too_few_points_are_refused(files):
    checked = check(files)
    checked["cheap"]["theta"] = np.repeat(checked["cheap"]["theta"][:4], NUM // 4, axis=0)
    with pytest.raises(ValueError, match="the cheap simulations are at 4 points; at least 16 are needed"):
        split(3, checked)


def test_symmetries_that_maps_do_not_have_are_refused(files):
    for one in files.values():
        one["x"][:, :, 0] += 5.0
        one["symmetries"] = np.array(["roll"])
    with pytest.raises(ValueError, match="symmetries hold 'roll', but the images do not look the same after a roll"):
        check(files)


def test_emulated_maps_are_simulations_on_file_and_nearer_to_the_expensive_ones(tmp_path, files):
    checked = check(files)
    settings = EmulatorSettings.from_budget({**BUDGET, "num_steps": 200, "steps_per_round": 100, "learning_rate": 0.01})
    settings = dataclasses.replace(settings, network=dataclasses.replace(settings.network, num_channels=8))
    emulator, history = train_own(5, checked, settings)
    assert history["validation"].iloc[-1] < history["validation"].iloc[0]
    made = emulate(5, checked, emulator)
    power = made.statistics[made.statistics["statistic"] == "spectrum"].groupby("kind")["value"].mean()
    assert power["halves"] == pytest.approx(1.0, abs=0.2)
    assert power["cheap"] == pytest.approx(0.25, abs=0.05)
    assert abs(np.log(power["emulated"])) < 0.5 * abs(np.log(power["cheap"]))
    io.save_dataset(tmp_path / "emulated.nc", simulations_of(checked, made.maps))
    back = check_simulations(maps_io.load_simulations(tmp_path / "emulated.nc"), "emulated.nc", NUM)
    np.testing.assert_array_equal(back["x"], made.maps)
    assert back["prior"].tolist() == ["uniform"]
    assert back["parameter_names"].tolist() == ["theta_1", "theta_2"]
