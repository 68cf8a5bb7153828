"""What a user's simulations must be."""

import numpy as np
import pytest
import xarray as xr

from fullfield import io, maps_io
from fullfield.settings.user_simulations import MIN_SIMULATIONS, check_observed, check_simulations


def stored(**changes):
    rng = np.random.default_rng(1)
    theta = rng.normal(size=(MIN_SIMULATIONS, 2))
    arrays = {"theta": theta, "x": theta[:, None] + rng.normal(size=(MIN_SIMULATIONS, 3, 2))} | changes
    return {name: value for name, value in arrays.items() if value is not None}


def test_simulations_from_both_formats(tmp_path):
    arrays = stored(score=np.ones((MIN_SIMULATIONS, 2)), low=np.full(2, -9.0), high=np.full(2, np.inf))
    np.savez(tmp_path / "a.npz", parameter_names=np.array(["a", "b"]), **arrays)
    row, parameter = ("simulation",), ("parameter",)
    dims = {"theta": row + parameter, "score": row + parameter, "low": parameter, "high": parameter}
    dataset = xr.Dataset({name: (dims.get(name, (*row, "u", "v")), value) for name, value in arrays.items()})
    io.save_dataset(tmp_path / "a.nc", dataset.assign_coords(parameter=["a", "b"]))
    for name in ("a.npz", "a.nc"):
        checked = check_simulations(maps_io.load_simulations(tmp_path / name), name)
        assert checked["parameter_names"].tolist() == ["a", "b"]
        assert set(checked) == {*arrays, "parameter_names"}
        np.testing.assert_array_equal(checked["x"], arrays["x"].astype(np.float32))


def test_names_are_made_up_where_missing():
    assert check_simulations(stored(), "a.npz")["parameter_names"].tolist() == ["theta_1", "theta_2"]


def corrupted(name, rows, value):
    array = stored()[name]
    array[rows] = value
    return {name: array}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": None}, r"it holds \['theta'\]; needed: theta and x"),
        ({"y": np.zeros(3)}, r"it holds \['theta', 'x', 'y'\]; .*allowed besides: score"),
        ({"theta": np.zeros(MIN_SIMULATIONS)}, r"theta has shape \(1000,\); allowed: \(n, p\)"),
        ({"x": np.zeros((999, 2))}, r"x has shape \(999, 2\); allowed: \(n, \.\.\.\) with n = 1000"),
        ({"score": np.zeros((1000, 3))}, r"score has shape \(1000, 3\); allowed: that of theta, \(1000, 2\)"),
        ({"theta": np.zeros((9, 2)), "x": np.zeros((9, 2))}, r"holds 9 simulations; at least 1000 are needed"),
        (corrupted("theta", [1, 5], np.nan), r"theta: 2 of 1000 rows hold NaN"),
        (corrupted("x", [7], np.inf), r"x: 1 of 1000 rows hold NaN or infinite"),
        ({"x": np.full((1000, 2), "a")}, r"x: its values are of type <U1"),
        ({"theta": np.ones((1000, 2))}, r"columns \[0, 1\] of theta never vary"),
        ({"theta": np.tile(stored()["theta"][:500], (2, 1)), "x": np.zeros((1000, 2))}, "500 of 1000 .* are repeated"),
        ({"parameter_names": np.array(["a", "a"])}, r"parameter_names are \['a', 'a'\]; allowed: 2 different ones"),
        ({"low": np.zeros(2)}, r"rows of theta lie on or beyond low = \[0\.0, 0\.0\]; none may"),
        ({"high": np.full(3, 9.0)}, r"high has shape \(3,\); allowed: \(2,\)"),
    ],
)  # fmt: skip
def test_wrong_simulations_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        check_simulations(stored(**changes), "a.npz")


def test_observed_x():
    assert check_observed(np.zeros((1, 3, 2)), (3, 2), "o.npy").shape == (3, 2)
    with pytest.raises(ValueError, match=r"o\.npy: its shape is \(2, 3\); one x of the simulations has shape \(3, 2\)"):
        check_observed(np.zeros((2, 3)), (3, 2), "o.npy")
    with pytest.raises(ValueError, match="1 of 1 rows hold NaN"):
        check_observed(np.full((3, 2), np.nan), (3, 2), "o.npy")
