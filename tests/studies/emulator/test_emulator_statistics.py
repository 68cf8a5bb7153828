"""Statistics of maps: what they read where the answer is known."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from checkouts import ROOT
from figure_laws import assert_complete_and_deterministic
from synthetic_figures import FOOTER

from fullfield.pipeline import results_page
from fullfield.plots import palette
from fullfield.studies.emulator import figures, posterior_figures, results, tables
from fullfield.studies.emulator.statistics import Judged, compare_maps, jackknife
from fullfield.studies.emulator.tables import compare_explicit, compare_posteriors

SIDE = 32.0


def lognormal_maps(seed, num, amplitude=1.0):
    """Return overdensities of mean zero over all maps, skewed."""
    rng = np.random.default_rng(seed)
    logarithm = 0.5 * amplitude * rng.normal(size=(num, 16, 16))
    return (np.exp(logarithm - 0.125 * amplitude**2) - 1.0).astype(np.float32)


@pytest.fixture(scope="module")
def table():
    """Statistics of maps like the expensive ones, of the same maps scaled, and of others."""
    expensive = Judged(lognormal_maps(0, 200), lognormal_maps(1, 400))
    kinds = {
        "scaled": Judged(1.1 * expensive.paired, 1.1 * expensive.repeats),
        "others": Judged(lognormal_maps(2, 200), lognormal_maps(3, 400)),
        "wider": Judged(lognormal_maps(4, 200, 1.3), lognormal_maps(5, 400, 1.3)),
    }
    return compare_maps(kinds, expensive, SIDE)


def read(table, kind, statistic):
    rows = table[(table["kind"] == kind) & (table["statistic"] == statistic)]
    return rows["value"].to_numpy(), rows["error"].to_numpy()


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [("spectrum", 1.21), ("mean_spectrum", 1.21), ("variance", 1.21**2), ("correlation", 1.0), ("skewness", 1.0)],
)
def test_scaled_maps_have_scaled_statistics(table, statistic, expected):
    value, error = read(table, "scaled", statistic)
    np.testing.assert_allclose(value, expected, rtol=1e-3)
    assert error.max() < 1e-3


def test_other_maps_of_the_same_law_agree_within_their_errors(table):
    for statistic in ("spectrum", "mean_spectrum", "variance", "skewness"):
        value, error = read(table, "others", statistic)
        assert np.abs((value - 1.0) / error).max() < 4.5, statistic
    value, error = read(table, "others", "correlation")
    assert np.abs(value / error).max() < 4.5


def test_another_one_point_law_is_seen(table):
    (near,), _ = read(table, "others", "distance")
    (far,), (error,) = read(table, "wider", "distance")
    # Total variation of two lognormal laws of widths 0.5 and 0.65 is about 0.12.
    assert 0.08 < far < 0.18
    assert far > near + 5.0 * error
    value, error = read(table, "wider", "skewness")
    assert (value - 1.0)[0] > 4.0 * error[0]


def test_wavenumbers_are_those_of_the_box(table):
    k = table[table["statistic"] == "spectrum"]["k"]
    assert k.min() == pytest.approx(2.0 * np.pi / SIDE)
    assert k.max() < np.pi * 16 / SIDE
    assert (table["half_nyquist"] == np.pi * 16 / SIDE / 2.0).all()


def test_the_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(0).normal(size=2000)
    mean, error = jackknife(lambda rows: values[rows].mean(), 2000)
    assert mean == pytest.approx(values.mean())
    # Of twenty groups: known to 16 %.
    assert error == pytest.approx(1.0 / np.sqrt(2000), rel=0.6)


def test_shifts_and_widths_of_posteriors_are_found_with_their_errors(monkeypatch):
    monkeypatch.setattr(tables, "NUM_C2ST", 2)
    rng = np.random.default_rng(0)
    num_seeds, num_observations, num_draws = 2, 100, 300
    truth = rng.normal(size=(num_observations, 2))
    centre = truth + 0.3 * rng.normal(size=(num_observations, 2))
    noise = rng.normal(size=(3, num_seeds, num_observations, num_draws, 2))

    def posterior(draws):
        dims = ("seed", "observation", "draw", "parameter")
        data = {"theta": (dims, draws), "truth": (("observation", "parameter"), truth)}
        return xr.Dataset(data, coords={"parameter": ["Omega_c", "sigma8"]})

    exact = centre[:, None] + 0.3 * noise
    moved = exact[1] + np.array([0.0, 0.3])
    wide = centre[:, None] + 0.45 * noise[2]
    kinds = {"expensive": exact[0], "cheap": moved, "emulated": wide}
    table = compare_posteriors({kind: posterior(draws) for kind, draws in kinds.items()}).set_index("kind")
    cheap = table.loc["cheap"]
    assert cheap["shift_sigma8"] == pytest.approx(1.0, abs=0.05)
    assert abs(cheap["shift_Omega_c"]) < 4.0 * cheap["shift_Omega_c_error"]
    assert table.loc["emulated", "width_sigma8"] == pytest.approx(1.5, rel=0.05)
    assert table["inside"].to_dict() == {"expensive": True, "cheap": False, "emulated": False}
    assert table.loc["expensive", "c2st"] == pytest.approx(0.5, abs=0.03)
    assert cheap["c2st"] > 0.6


@pytest.mark.parametrize("extent", results.EXTENTS)
def test_the_page_says_how_near_maps_are(extent, table):
    named = table.replace({"kind": {"scaled": "cheap", "others": "transfer", "wider": "emulated"}})
    steps = pd.DataFrame({"emulator": ["emulated"], "step_error": [0.0123]})
    columns = ("shift_Omega_c", "shift_sigma8", "width_Omega_c", "width_sigma8", "c2st")
    row = {name: 0.25 for column in columns for name in (column, f"{column}_error")}
    posteriors = pd.DataFrame([{"kind": "cheap", **row, "tarp": 0.01, "inside": False, "num_observations": 200}])
    made = {f"{extent}_statistics": named, f"{extent}_steps": steps}
    errors = pd.DataFrame({"pairing": "optimal", "batch_size": 8, "seed": [0, 1], "error": [0.1, 0.3]})
    chains = {"kind": "cheap", "observation": 1, "parameter": "Omega_c", "shift": -1.0, "width": 1.2, "bias": 0.5}
    explicit = pd.DataFrame([{**chains, "rhat": 1.2, "ess_bulk": 40.0, "num_gradients": 700, "converged": False}])
    further = {"full_posteriors": posteriors, "controls_statistics": named, "gaussian_errors": errors}
    made |= {**further, "full_explicit": explicit} if extent == "full" else {}
    template = (ROOT / "workflow/studies/emulator/results.md.j2").read_text()
    text = results_page.render(template, {"spelled": palette.spelled}, **results.SECTION.slots(made))
    assert ("TARGET=emulator" in text) == (extent == "reduced")
    assert "| LPT | 1.210 ± 0.000 | 1.210 |" in text
    assert "by 0.0123 of what it adds" in text
    full = "| LPT | 0.250 ± 0.250 |", "| optimal | 8 | 0.200 ± 0.100 | 2 |", "| 1.200 | 40 | 700 | no |"
    assert [row in text for row in full] == [extent == "full"] * 3


def test_figures_are_readable(table):
    named = table.replace({"kind": {"scaled": "cheap", "others": "transfer", "wider": "emulated"}})
    maps = xr.Dataset(
        {"maps": (("kind", "example", "row", "column"), np.stack([lognormal_maps(seed, 1) for seed in range(3)]))},
        coords={"kind": ["cheap", "emulated", "expensive"]},
    )
    columns = ("shift_Omega_c", "shift_sigma8", "width_Omega_c", "width_sigma8", "c2st")
    row = {name: 0.25 for column in columns for name in (column, f"{column}_error")}
    posteriors = pd.DataFrame([{"kind": kind, **row} for kind in ("cheap", "emulated", "expensive")])
    history = pd.DataFrame({"emulator": "emulated", "step": [1, 2], "training": [1.0, 0.9], "validation": [1.0, 0.95]})
    errors = pd.DataFrame({"pairing": ["optimal", "independent"], "batch_size": [8, 8], "seed": 0, "error": [0.1, 0.9]})
    rng = np.random.default_rng(0)
    paths = xr.Dataset(
        {
            "path": (("pairing", "time", "draw", "coordinate"), rng.normal(size=(2, 3, 4, 2))),
            "exact": (("draw", "coordinate"), rng.normal(size=(4, 2))),
        },
        coords={"pairing": ["optimal", "independent"]},
    )
    for draw in (
        lambda: figures.maps(maps, footer=FOOTER),
        lambda: figures.spectra(named, footer=FOOTER),
        lambda: posterior_figures.posteriors(posteriors, ["Omega_c", "sigma8"], footer=FOOTER),
        lambda: posterior_figures.scaling(posteriors, ["Omega_c", "sigma8"], {"emulated": 64}, footer=FOOTER),
        lambda: figures.unpaired(named, footer=FOOTER),
        lambda: figures.training(history, footer=FOOTER),
        lambda: figures.paths(paths, errors, footer=FOOTER),
    ):
        assert_complete_and_deterministic(draw)


def test_chains_that_have_not_converged_are_named():
    rng = np.random.default_rng(0)
    reference = xr.Dataset({"theta": (("seed", "observation", "draw", "parameter"), rng.normal(size=(2, 3, 4000, 2)))})
    chains = xr.Dataset(
        {
            "theta": (("observation", "chain", "draw", "parameter"), 0.5 * rng.normal(size=(3, 2, 2000, 2)) + 1.0),
            "truth": (("observation", "parameter"), np.zeros((3, 2))),
        },
        coords={"parameter": ["a", "b"]},
    )
    rows = [{"kind": "cheap", "observation": o, "parameter": name} for o in range(3) for name in ("a", "b")]
    facts = pd.DataFrame(rows).assign(rhat=[1.0, 1.2, 1.0, 1.0, 1.0, 1.0], ess_bulk=500.0, num_gradients=7)
    facts.loc[5, "ess_bulk"] = 20.0
    table = compare_explicit({"cheap": chains}, facts, reference, max_rhat=1.05, min_ess=100.0)
    assert table["converged"].tolist() == [False, False, True, True, False, False]
    np.testing.assert_allclose(table["shift"], 1.0, atol=0.1)
    np.testing.assert_allclose(table["width"], 0.5, atol=0.05)
    np.testing.assert_allclose(table["bias"], 2.0, atol=0.1)
