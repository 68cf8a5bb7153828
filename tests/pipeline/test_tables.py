"""Tables are sums and selections of the stages' own records."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from fullfield import io
from fullfield.pipeline import posteriors, tables
from fullfield.pipeline.accuracy import AccuracyError, check_accuracy
from fullfield.settings.provenance import provenance, read_provenance
from fullfield.tasks import ProductPrior, TruncatedNormal

LABELS = {"observation": "simulated", "method": "npe", "compressor": "vmim"}


def test_parts_are_stacked_with_their_labels():
    parts = [({"method": name}, pd.DataFrame({"value": [1.0, 2.0]})) for name in ("npe", "nle")]
    table = tables.collect(parts)
    assert list(table.columns) == ["method", "value"]
    assert list(table["method"]) == ["npe", "npe", "nle", "nle"]


def test_cost_is_read_from_the_records():
    records = [
        ({"stage": "training", "compressor": "vmim"}, provenance("smoke", 0, {}, simulations=600)),
        (
            {"stage": "reference", "observation": "simulated"},
            {"cost": {"simulations": 0, "gradients": 1000, "warmup_gradients": 100}},
        ),
    ]
    training, reference = tables.cost_table(records).to_dict("records")
    assert training == {
        **{"stage": "training", "compressor": "vmim", "method": "", "observation": ""},
        **{"simulations": 600, "gradients": 0, "published_count": 600},
    }
    assert (reference["observation"], reference["published_count"]) == ("simulated", 2000)


def test_files_of_the_same_simulations_count_them_once():
    def file(labels, simulations, gradients, **extra):
        return labels, provenance("smoke", 0, {}, simulations=simulations, gradients=gradients, **extra)

    records = [
        file({"stage": "training", "compressor": "vmim"}, 600, 40, split="training"),
        file({"stage": "training", "compressor": "mse"}, 600, 30, split="training"),
        # A study reads the same simulations and some more, with other features.
        file({"stage": "losses"}, 700, 5, split="training"),
        file({"stage": "fiducial"}, 300, 0, split="fiducial"),
        file({"stage": "predictive", "compressor": "mse"}, 150, 0),
        file({"stage": "observed"}, 0, 0),
    ]
    table = tables.cost_table(records)
    assert table["simulations"].sum() == 700 + 300 + 150
    assert table["gradients"].sum() == 75
    rows = table.set_index(["stage", "compressor"])[["simulations", "gradients"]].T.to_dict("list")
    assert rows == {
        **{("training", ""): [700, 0], ("training", "vmim"): [0, 40], ("training", "mse"): [0, 30]},
        **{("losses", ""): [0, 5], ("fiducial", ""): [300, 0], ("predictive", "mse"): [150, 0]},
    }
    named = [part.assign(compressor="vmim") for part in collected()[:3]]
    row = tables.main_table(*named, table).iloc[0]
    assert (row["simulations"], row["gradients"]) == (700, 40)


def test_every_kind_of_file_says_what_it_has_cost(tmp_path):
    attrs = provenance("smoke", 0, {}, simulations=7, gradients=3)
    io.save_params(tmp_path / "network.safetensors", {"w": np.zeros(1)}, attrs)
    io.save_dataset(tmp_path / "features.nc", xr.Dataset({"u": ("a", [1.0])}), attrs)
    io.save_samples(tmp_path / "draws.nc", np.zeros((1, 2, 1)), ("a",), attrs=attrs)
    for name in ("network.json", "features.nc", "draws.nc"):
        assert read_provenance(tmp_path / name)["cost"] == {"simulations": 7, "gradients": 3}
    io.save_dataset(tmp_path / "silent.nc", xr.Dataset())
    with pytest.raises(ValueError, match=r"silent\.nc does not say what it has cost; delete it"):
        read_provenance(tmp_path / "silent.nc")


def collected():
    """Return the four tables of a study of one method with two seeds, as they are on file."""
    c2st = pd.DataFrame(
        {
            "comparison": ["method", "method", "null", "shifted"],
            "estimator_seed": [0, 1, -1, -1],
            "c2st": [0.52, 0.54, 0.50, 0.55],
            "num_rows": [1000, 1000, 700, 700],
        }
    )
    shifts = pd.DataFrame(
        {
            "estimator_seed": ["0", "0", "all", "all"],
            "parameter": ["a", "b", "a", "b"],
            "shift_sigma": [9.0, 9.0, 0.1, -0.3],
            "width_ratio": [9.0, 9.0, 0.9, 1.2],
            "mahalanobis": [9.0, 9.0, 0.25, 0.25],
        }
    )
    calibration = pd.DataFrame(
        {"test": ["sbc", "sbc", "tarp", "tarp_informed"], "parameter": "a", "inside": [True, True, True, False]}
    )
    cost = pd.DataFrame(
        {
            "stage": ["training", "inference", "calibration", "reference", "reference", "training", "training"],
            "compressor": ["vmim", "vmim", "vmim", None, None, "vmim_spectra", "mse"],
            "method": None,
            "observation": [None, None, None, "simulated", "simulated_1", None, None],
            "simulations": [600, 500, 30, 0, 0, 10**6, 10**6],
            "gradients": [40, 20, 0, 7000, 10**6, 10**6, 0],
        }
    )
    parts = [c2st.assign(**LABELS), shifts.assign(**LABELS), calibration.assign(method="npe", compressor="vmim")]
    return [*parts, cost]


def test_main_table_has_the_numbers_of_its_parts(tmp_path):
    parts = collected()
    for index, part in enumerate(parts):
        io.save_table(tmp_path / f"{index}.csv", part)
    row = tables.main_table(*(io.load_table(tmp_path / f"{index}.csv") for index in range(4))).iloc[0].to_dict()
    expected = {
        **LABELS,
        "c2st": 0.53,
        "c2st_std": np.sqrt(2.0) / 100,
        "num_seeds": 2,
        "num_rows": 1000,
        "c2st_null": 0.50,
        "c2st_shifted": 0.55,
        "null_rows": 700,
        "mahalanobis": 0.25,
        "largest_shift": 0.3,
        "smallest_width": 0.9,
        "largest_width": 1.2,
        "sbc_inside": True,
        "tarp_inside": False,
        "simulations": 1100,
        "gradients": 60,
        "reference_gradients": 7000,
    }
    assert list(row) == list(expected)
    for name, value in expected.items():
        assert row[name] == (pytest.approx(value) if isinstance(value, float) else value), name


def test_a_compressor_is_not_charged_for_another_whose_name_begins_alike():
    parts = collected()
    cost = tables.cost_table(
        [
            ({"stage": stage, "compressor": name}, provenance("smoke", 0, {}, simulations=count))
            for name, count in (("gnll", 1000), ("gnll_covariance", 7))
            for stage in ("training", "inference")
        ]
    )
    named = [part.assign(compressor="gnll") for part in parts[:3]]
    assert tables.main_table(*named, cost).iloc[0]["simulations"] == 2000


def test_provenance_is_complete_and_survives_a_file(tmp_path):
    attrs = provenance("smoke", 3, {"num_draws": 5}, simulations=7, num_discarded=1, summary=[0.5, 1.0])
    io.save_samples(tmp_path / "a.nc", np.zeros((1, 2, 1)), ("a",), attrs=attrs)
    read = io.load_samples(tmp_path / "a.nc").attrs
    assert read == attrs
    assert read["cost"] == {"simulations": 7, "gradients": 0}


def test_posteriors_stand_beside_the_prior():
    prior = ProductPrior((TruncatedNormal(0.3, 0.1, 0.0), TruncatedNormal(0.05, 0.01), TruncatedNormal(0.8, 0.1)))
    names = ("Omega_c", "Omega_b", "sigma8")
    draws = np.tile([0.25, 0.05, 0.8], (2, 10, 1))
    samples, extended, ranges = posteriors.beside_prior({"npe": draws}, names, prior, 0)
    assert extended == (*names, "S8")
    np.testing.assert_allclose(samples["npe"][..., 3], 0.8)
    assert samples["prior"].shape == (1, posteriors.NUM_PRIOR_DRAWS, 4)
    assert samples["prior"][..., 0].min() >= 0.0
    error = samples["prior"].std((0, 1))[2] / np.sqrt(posteriors.NUM_PRIOR_DRAWS)
    assert abs(samples["prior"][..., 2].mean() - 0.8) < 5 * error
    assert ranges["Omega_c"] == (0.0, np.inf)


def test_a_poor_surrogate_stops_the_run():
    table = pd.DataFrame({"pair": ["1-1", "1-2"], "q95": [0.2, 1.7]})
    check_accuracy(table, 2.0)
    with pytest.raises(AccuracyError, match=r"surrogate of 1-2 has a 95 % error of 1\.7 %; allowed .*= 1\.0 %"):
        check_accuracy(table, 1.0)
    with pytest.raises(AccuracyError, match="surrogate of 1-1 has a 95 % error of nan %"):
        check_accuracy(pd.DataFrame({"pair": ["1-1"], "q95": [np.nan]}), 2.0)
