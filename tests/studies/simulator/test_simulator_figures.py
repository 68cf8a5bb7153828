"""Figures of the study of the simulator, on synthetic results."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from figure_laws import assert_complete_and_deterministic
from matplotlib.figure import Figure
from synthetic_figures import FOOTER, generator

from fullfield.studies.simulator import figures


def simulator_checks(num_bins: int = 3) -> pd.DataFrame:
    pairs = [f"{i + 1} x {j + 1}" for i, j in zip(*np.triu_indices(num_bins), strict=True)]
    bins = [str(index + 1) for index in range(num_bins)]
    labels = {"spectrum": pairs, "variance": bins, "skewness": bins, "score": ["Omega_c", "sigma8"]}
    rows = [
        {"point": point, "quantity": quantity, "label": label, "ell": ell, "expected": 2.0, "error": 0.1}
        for point in ("fiducial", "far", "farther")
        for quantity, names in labels.items()
        for label in names
        for ell in (np.geomspace(40.0, 1100.0, 6) if quantity == "spectrum" else [np.nan])
    ]
    table = pd.DataFrame(rows)
    pull = generator().standard_normal(len(table))
    return table.assign(pull=pull, measured=table["expected"] + pull * table["error"])


def draw_one_point() -> Figure:
    edges = np.tile(np.linspace(-0.03, 0.1, 41), (3, 5, 1))
    density = np.exp(-edges[..., 1:] / 0.01)
    cell = ("point", "bin", "cell")
    dims = {"edges": ("point", "bin", "edge"), "density": cell, "expected": cell, "bound": cell[:2]}
    values = {"edges": edges, "density": 1.05 * density, "expected": density, "bound": np.full((3, 5), -0.027)}
    names = {"point": ["fiducial", "far", "farther"]}
    histograms = xr.Dataset({name: (dims[name], values[name]) for name in dims}, coords=names)
    return figures.one_point(histograms, footer=FOOTER)


def draw_simulator_cost() -> Figure:
    rows = [
        {"num_pixels": size, "quantity": name, "ms_per_map": (1 + index) * size**2 / 1e4, "ratio_to_floor": 1.0 + index}
        for size in (64, 128, 256)
        for index, name in enumerate(figures.QUANTITIES)
    ]
    return figures.cost(pd.DataFrame(rows), footer=FOOTER)


FIGURES = {
    "spectra": lambda: figures.spectrum_ratios(simulator_checks(), footer=FOOTER),
    "one_point": draw_one_point,
    "cost": draw_simulator_cost,
    "moments": lambda: figures.moments(simulator_checks(), footer=FOOTER),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_complete_and_deterministic(name):
    assert_complete_and_deterministic(FIGURES[name])


def test_one_point_figure_marks_the_bound_and_not_the_edge_of_the_histogram():
    figure = draw_one_point()
    marks = [line.get_xdata()[0] for axes in figure.axes for line in axes.lines if line.get_label() == r"$-\lambda$"]
    assert marks == [-0.027] * 15
