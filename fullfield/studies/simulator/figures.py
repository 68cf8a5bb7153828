"""The simulator against its theory: spectra, one-point law, moments."""

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fullfield.pairs import num_bins_of, pair_indices
from fullfield.plots.palette import BLACK, BLUE, GREEN, GREY, LIGHT_GREY, ORANGE, PURPLE, SKY, VERMILION, label
from fullfield.plots.style import new_figure, stamp, styled

COLOURS = (BLUE, VERMILION, GREEN)
MARKERS = ("o", "s", "^")

QUANTITIES = {
    "floor": (BLACK, "floor: normals and one FFT pair"),
    "forward": (BLUE, "forward"),
    "forward, fixed parameters": (GREEN, "forward, fixed parameters"),
    "forward in a batch": (SKY, "forward in a batch"),
    "forward and score in a batch": (ORANGE, "forward and score in a batch"),
    "value and gradient": (VERMILION, "value and gradient"),
    "value and gradient, whitened": (PURPLE, "value and gradient, whitened"),
}
"""What `benchmarks/simulator.py` times, with the colour of each."""


@styled
def spectrum_ratios(table: pd.DataFrame, *, footer: str) -> Figure:
    """Draw mean measured over input spectra of every pair of bins, one colour per point of parameter space.

    Parameters
    ----------
    table
        Columns point, quantity, label, ell, measured, expected, error; the rows ``spectrum`` are drawn.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        Lower triangle of panels on one scale, errors of the mean.
    """
    rows = table[table["quantity"] == "spectrum"]
    labels = list(dict.fromkeys(rows["label"]))
    num_bins = num_bins_of(len(labels))
    figure = new_figure(8.2, 7.0)
    panels = figure.subplots(num_bins, num_bins, sharex=True, sharey=True)
    for axes in panels[np.triu_indices(num_bins, 1)]:
        axes.remove()
    for i, j, pair in zip(*pair_indices(num_bins), labels, strict=True):
        axes = panels[j, i]
        axes.axhline(0.0, color=BLACK, lw=0.6)
        for index, (name, part) in enumerate(rows[rows["label"] == pair].groupby("point", sort=False)):
            ratio, error = part["measured"] / part["expected"] - 1.0, part["error"] / part["expected"]
            place = part["ell"] * 1.06 ** (index - 1)
            axes.errorbar(
                place, 100 * ratio, 100 * error, fmt=MARKERS[index], color=COLOURS[index], ms=2.5, lw=0.8, label=name
            )
        axes.set_xscale("log")
        axes.text(0.95, 0.93, pair, transform=axes.transAxes, ha="right", va="top", fontsize=8)
        axes.tick_params(labelbottom=j == num_bins - 1, labelleft=i == 0)
        axes.set_xlabel(r"multipole $\ell$" if j == num_bins - 1 else "")
        axes.set_ylabel("measured /\ninput - 1  [%]" if i == 0 else "")
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="upper right", bbox_to_anchor=(0.97, 0.95))
    return stamp(figure, footer)


@styled
def one_point(histograms: xr.Dataset, *, footer: str) -> Figure:
    """Draw the measured one-point densities of the convergence and the shifted lognormal law.

    Parameters
    ----------
    histograms
        ``edges`` (point, bin, edge), ``density`` and ``expected`` (point, bin, cell), ``bound`` (point, bin), with the
        names of the points.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        One row per point, one panel per bin; the dotted line is -lambda.
    """
    num_points, num_bins = histograms.sizes["point"], histograms.sizes["bin"]
    figure = new_figure(2.0 * num_bins + 0.6, 1.9 * num_points + 0.6)
    panels = figure.subplots(num_points, num_bins, squeeze=False)
    for point, row in enumerate(panels):
        for bin_index, axes in enumerate(row):
            cell = histograms.isel(point=point, bin=bin_index)
            edges, density, expected = (cell[name].values for name in ("edges", "density", "expected"))
            middle = (edges[1:] + edges[:-1]) / 2
            axes.stairs(density, edges, color=BLUE, fill=True, alpha=0.35, label="measured")
            axes.plot(middle, expected, color=BLACK, lw=1.0, label="shifted lognormal")
            axes.axvline(float(cell["bound"]), color=BLACK, lw=0.8, ls=":", label=r"$-\lambda$")
            top = expected.max()
            axes.set(yscale="log", ylim=(1e-4 * top, 3.0 * top), xlabel=r"$\kappa$")
            axes.tick_params(labelleft=False)
            axes.set_title(f"bin {bin_index + 1}", fontsize=9)
        row[0].set_ylabel(f"{histograms['point'].values[point]}\ndensity", fontsize=8)
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return stamp(figure, footer)


@styled
def moments(table: pd.DataFrame, *, footer: str) -> Figure:
    """Draw measured over predicted variance and skewness of every bin, and the mean score in its errors.

    Parameters
    ----------
    table
        Columns point, quantity, label, measured, expected, error, pull.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        Three panels.
    """
    figure = new_figure(9.0, 3.2)
    panels = figure.subplots(1, 3)
    for axes, quantity in zip(panels[:2], ("variance", "skewness"), strict=True):
        rows = table[table["quantity"] == quantity]
        scale = 100.0 / rows["expected"]
        _draw_points(axes, rows, scale * (rows["measured"] - rows["expected"]), scale * rows["error"])
        axes.set(xlabel="bin", ylabel=f"measured / predicted {quantity} - 1  [%]")
    rows = table[table["quantity"] == "score"]
    limit = max(5.0, 1.1 * rows["pull"].abs().max())
    panels[2].axhspan(-1.0, 1.0, color=LIGHT_GREY, lw=0)
    _draw_points(panels[2], rows, rows["pull"], 0.0 * rows["pull"])
    panels[2].set(xlabel="parameter", ylabel="mean score / its error", ylim=(-limit, limit))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return stamp(figure, footer)


def _draw_points(axes: Axes, rows: pd.DataFrame, values: pd.Series, errors: pd.Series) -> None:
    labels = list(dict.fromkeys(rows["label"]))
    axes.axhline(0.0, color=BLACK, lw=0.6)
    for index, (name, part) in enumerate(rows.groupby("point", sort=False)):
        place = np.arange(len(part)) + 0.15 * (index - 1)
        axes.errorbar(
            place,
            values[part.index],
            errors[part.index],
            fmt=MARKERS[index],
            color=COLOURS[index],
            ms=4,
            lw=1,
            label=name,
        )
    axes.set_xticks(range(len(labels)), [label(text) for text in labels])


@styled
def cost(table: pd.DataFrame, *, footer: str) -> Figure:
    """Draw the time per set of maps against the number of pixels, and its ratio to the floor of the machine.

    Parameters
    ----------
    table
        Columns num_pixels, quantity, ms_per_map, ratio_to_floor, as `benchmarks/simulator.py` writes them.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        Times left, with a line that grows as N^2 log N; ratios right.
    """
    figure = new_figure(9.0, 3.6)
    left, right = figure.subplots(1, 2)
    for name, (paint, text) in QUANTITIES.items():
        rows = table[table["quantity"] == name].sort_values("num_pixels")
        left.plot(rows["num_pixels"], rows["ms_per_map"], "o-", ms=3.5, color=paint, label=text)
        right.plot(rows["num_pixels"], rows["ratio_to_floor"], "o-", ms=3.5, color=paint)
    floor = table[table["quantity"] == "floor"].sort_values("num_pixels")
    size = floor["num_pixels"].to_numpy(float)
    growth = size**2 * np.log(size)
    left.plot(size, 0.5 * floor["ms_per_map"].iloc[-1] * growth / growth[-1], ":", color=GREY, label=r"$N^2 \log N$")
    left.set(yscale="log", ylabel="time per set of maps  [ms]")
    right.set(ylim=(0.0, None), ylabel="time / floor")
    for axes in (left, right):
        axes.set(xscale="log", xlabel="pixels on a side N")
        axes.set_xticks(size, [str(int(value)) for value in size])
        axes.minorticks_off()
    figure.legend(*left.get_legend_handles_labels(), loc="outside right center")
    return stamp(figure, footer)
