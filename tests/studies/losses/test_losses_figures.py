"""Figures of the study of losses, on synthetic results."""

import numpy as np
import pandas as pd
import pytest
from figure_laws import assert_complete_and_deterministic
from matplotlib.figure import Figure
from synthetic_figures import FOOTER

from fullfield.studies.losses import figures, network_figures

PARAMETERS = ("Omega_c", "Omega_b", "sigma8", "h", "n_s", "w0")
SUMMARIES = (
    "mse",
    "mae",
    "gnll",
    "gnll_covariance",
    "vmim",
    "imnn",
    "moped",
    "power_spectrum",
    "gaussian_score",
    "vmim_spectra",
    "vmim_informed",
)


def losses_table() -> pd.DataFrame:
    rows = []
    for place, name in enumerate(SUMMARIES):
        row = {"summary": name, "information": 4.0 + 0.1 * place, "information_error": 0.05}
        row |= {"maps_low": 5.0, "maps_high": 5.1, "maps_error": 0.02}
        rows.append(row)
    return pd.DataFrame(rows)


def planes_table(runs) -> pd.DataFrame:
    """Return percentages that grow with place and size, of (summary, size)."""
    labels = ("summary", "size", "first", "second")
    return pd.DataFrame(
        [
            dict(zip(labels, (name, size, *plane), strict=True))
            | {"percent": 60.0 + 4 * np.log10(size) + place, "error": 2.0, "published": 80.0 if place < 3 else np.nan}
            for place, (name, size) in enumerate(runs)
            for plane in figures.PLANES
        ]
    )


def draw_merit() -> Figure:
    rows = [
        {"method": method, "first": first, "second": second, "percent": 65.0, "error": 3.0}
        for method in ("power_spectrum", "gaussian_field")
        for first, second in figures.PLANES
    ]
    planes = planes_table([*((name, 1000) for name in SUMMARIES), ("vmim", 100)])
    return figures.merit(losses_table(), planes, pd.DataFrame(rows), footer=FOOTER)


def draw_sizes() -> Figure:
    runs = [("vmim", 1000), ("vmim", 10000), ("mse", 1000), ("mse", 10000), ("imnn", 2000)]
    sizes = pd.DataFrame(
        [
            {"summary": name, "size": size, "information": 4.0 + np.log10(size) / 5, "information_seed_error": 0.02}
            for name, size in runs
        ]
    )
    return figures.learning_curves(sizes, planes_table(runs), losses_table(), footer=FOOTER)


def draw_scatter() -> Figure:
    rng = np.random.default_rng(0)
    u = rng.normal(size=(200, 6))
    summaries = {name: u + 0.3 * rng.normal(size=u.shape) for name in ("mse", "vmim")}
    return figures.summary_scatter(summaries, u, PARAMETERS, footer=FOOTER)


def draw_moments() -> Figure:
    names, x = ("mse", "mae", "gnll", "vmim"), np.linspace(-0.5, 5.5, 50)
    table = pd.DataFrame(
        [{"loss": name, "information": place / 2, "exact": 1.7, "minimiser": 0.0} for place, name in enumerate(names)]
    )
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(2, 100))
    return network_figures.moments(rng.normal(size=(4, 3, 50)), names, x, draws, table, footer=FOOTER)


def draw_sensitivity() -> Figure:
    rng = np.random.default_rng(0)
    slopes = {name: rng.normal(size=(3, 16, 16)) for name in ("sigma8", "Omega_c")}
    ell = np.geomspace(40, 1000, 8)
    powers = {name: rng.uniform(1, 2, size=(3, 8)) for name in slopes}
    return network_figures.sensitivity(rng.normal(size=(3, 16, 16)), slopes, 10.0, ell, powers, footer=FOOTER)


FIGURES = {
    "losses_merit": draw_merit,
    "losses_sizes": draw_sizes,
    "losses_scatter": draw_scatter,
    "losses_moments": draw_moments,
    "losses_sensitivity": draw_sensitivity,
}


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_complete_and_deterministic(name):
    assert_complete_and_deterministic(FIGURES[name])
