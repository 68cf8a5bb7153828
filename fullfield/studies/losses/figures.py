"""Figures of the study of losses."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fullfield.plots.palette import BLACK, GREY, LIGHT_GREY, colour, label, spelled
from fullfield.plots.style import new_figure, stamp, styled

PLANES = (("Omega_c", "sigma8"), ("Omega_c", "w0"), ("sigma8", "w0"))
SHOWN = ("Omega_c", "sigma8", "w0")
EXPLICIT = ", explicit"
"""What tells an explicit posterior from a summary of the same data."""


@styled
def merit(losses: pd.DataFrame, planes: pd.DataFrame, explicit: pd.DataFrame, *, footer: str) -> Figure:
    """Draw figures of merit in three planes as percentages of the full field's, and the information kept.

    Parameters
    ----------
    losses
        As `tables.losses_table` returns it.
    planes
        As `tables.planes_table` returns it; those of the largest size are drawn.
    explicit
        As `tables.explicit_merit` returns it.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        Dots with errors over seeds and observations (information: of the test simulations), squares for explicit
        posteriors of the standard analyses (hollow: not calibrated over the prior), grey crosses for published values;
        higher on the page is better.
    """
    ordered = losses.sort_values("information")["summary"].tolist()
    baselines = [f"{method}{EXPLICIT}" for method in dict.fromkeys(explicit["method"])]
    places = {name: place for place, name in enumerate([*baselines, *ordered])}
    figure = new_figure(10.0, 0.32 * len(places) + 1.0)
    panels = figure.subplots(1, 4, sharey=True)
    largest = planes[planes["size"] == planes["size"].max()]
    for axes, plane in zip(panels, PLANES, strict=False):
        _merit_panel(axes, _of_plane(largest, plane), _of_plane(explicit, plane), places)
        axes.set_title(f"({label(plane[0])}, {label(plane[1])})")
    _information_panel(panels[3], losses, places)
    panels[0].set_yticks(list(places.values()), [_place_label(name) for name in places])
    panels[0].set_ylabel("summary")
    if largest["published"].notna().any():
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", fontsize=7)
    return stamp(figure, footer)


def _place_label(name: str) -> str:
    if name.endswith(EXPLICIT):
        return spelled(name.removesuffix(EXPLICIT)) + EXPLICIT
    return {"power_spectrum": "VMIM, power spectrum"}.get(name, spelled(name))


def _of_plane(table: pd.DataFrame, plane: tuple[str, str]) -> pd.DataFrame:
    return table[(table["first"] == plane[0]) & (table["second"] == plane[1])]


def _merit_panel(axes: Axes, summaries: pd.DataFrame, explicit: pd.DataFrame, places: Mapping[str, int]) -> None:
    axes.axvline(100.0, color=BLACK, lw=0.8)
    for row in summaries.to_dict("records"):
        place = places[row["summary"]]
        error = np.nan_to_num(row["error"])
        axes.errorbar(row["percent"], place, xerr=error, fmt="o", color=colour(row["summary"]), ms=4)
    for row in explicit.to_dict("records"):
        error = np.nan_to_num(row["error"])
        place = places[f"{row['method']}{EXPLICIT}"]
        # Hollow where calibration over the prior has failed: a figure of merit of such a posterior says little.
        failed = row.get("sbc_inside") is False or row.get("tarp_inside") is False
        fill = {"mfc": "white"} if failed else {}
        axes.errorbar(row["percent"], place, xerr=error, fmt="s", color=colour(row["method"]), ms=4, **fill)
    axes.plot(summaries["published"], summaries["summary"].map(places), "x", color=GREY, ms=5, label="published")
    axes.grid(axis="y", color=LIGHT_GREY, lw=0.5)
    axes.set(xlabel="figure of merit / full field  [%]")


def _information_panel(axes: Axes, losses: pd.DataFrame, places: Mapping[str, int]) -> None:
    for row in losses.to_dict("records"):
        axes.errorbar(
            row["information"],
            places[row["summary"]],
            xerr=row["information_error"],
            fmt="o",
            color=colour(row["summary"]),
            ms=4,
        )
    if (bounds := _in_the_maps(losses)) is not None:
        axes.axvspan(*bounds, color=GREY, alpha=0.5, lw=0)
        axes.annotate(
            "maps", (bounds[0], 0.02), xycoords=("data", "axes fraction"), ha="right", fontsize=8, rotation=90
        )
    axes.grid(axis="y", color=LIGHT_GREY, lw=0.5)
    axes.set(xlabel="information  [nats]", title="prior-wide")


def _in_the_maps(losses: pd.DataFrame) -> tuple[float, float] | None:
    """Return the bounds of I(u; x) in nats, less and more one error, where explicit posteriors have measured them."""
    first = losses.iloc[0]
    bounds = first["maps_low"] - first["maps_error"], first["maps_high"] + first["maps_error"]
    return bounds if np.isfinite(bounds).all() else None


@styled
def learning_curves(sizes: pd.DataFrame, planes: pd.DataFrame, losses: pd.DataFrame, *, footer: str) -> Figure:
    """Draw information and figure of merit against the number of distinct simulations of the compressor.

    Parameters
    ----------
    sizes, planes
        As `tables.sizes_table` and `tables.planes_table` return them.
    losses
        As `tables.losses_table` returns it, for the information in the maps.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        Summaries that were trained on most sizes. Error bars: over seeds (left), over seeds and observations (right).
        The dotted line is the published number of simulations of the compressor.
    """
    figure = new_figure(9.0, 3.6)
    left, right = figure.subplots(1, 2)
    counts = sizes["summary"].value_counts()
    for name in counts.index[counts == counts.max()].sort_values():
        own = sizes[sizes["summary"] == name].sort_values("size")
        style = "-o" if counts[name] > 1 else "D"
        paint = {"color": colour(name), "ms": 4, "label": spelled(name), "capsize": 2}
        left.errorbar(own["size"], own["information"], yerr=own["information_seed_error"].fillna(0), fmt=style, **paint)
        own = _of_plane(planes[planes["summary"] == name], PLANES[0]).sort_values("size")
        right.errorbar(own["size"], own["percent"], yerr=own["error"].fillna(0), fmt=style, **paint)
    if (bounds := _in_the_maps(losses)) is not None:
        left.axhspan(*bounds, color=GREY, alpha=0.5, lw=0)
        left.annotate("in the maps", (0.02, bounds[1]), xycoords=("axes fraction", "data"), va="bottom", fontsize=8)
    right.axhline(100.0, color=BLACK, lw=0.8)
    for axes in (left, right):
        axes.axvline(100_000, color=GREY, ls=":", lw=1.0)
        axes.set(xscale="log", xlabel="distinct simulations of the compressor")
    left.set(ylabel="information in the summary  [nats]")
    right.set(ylabel=r"figure of merit ($\Omega_c$, $\sigma_8$) / full field  [%]")
    right.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return stamp(figure, footer)


@styled
def summary_scatter(summaries: Mapping[str, np.ndarray], u: np.ndarray, names: Sequence[str], *, footer: str) -> Figure:
    """Draw the best linear prediction from each summary against the truth, in prior standard deviations.

    Parameters
    ----------
    summaries
        (simulation, entry) by name.
    u
        (simulation, p) parameters.
    names
        Parameter names.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        One row per parameter that the maps constrain, one column per summary; r is the correlation.
    """
    figure = new_figure(1.75 * len(summaries) + 0.6, 1.75 * len(SHOWN) + 0.3)
    panels = figure.subplots(len(SHOWN), len(summaries), squeeze=False, sharex=True, sharey=True)
    for column, (name, summary) in enumerate(summaries.items()):
        design = np.column_stack([summary, np.ones(len(summary))])
        for row, parameter in enumerate(SHOWN):
            truth, axes = u[:, list(names).index(parameter)], panels[row, column]
            predicted = design @ np.linalg.lstsq(design, truth, rcond=None)[0]
            axes.plot(truth, predicted, ".", ms=1.5, color=colour(name), alpha=0.6, rasterized=True)
            axes.plot([-3, 3], [-3, 3], color=BLACK, lw=0.6)
            axes.text(0.05, 0.87, f"$r = {np.corrcoef(truth, predicted)[0, 1]:.3f}$", transform=axes.transAxes)
            axes.set(xlim=(-3.4, 3.4), ylim=(-3.4, 3.4))
            if column == 0:
                axes.set_ylabel(f"{label(parameter)}, predicted")
        panels[0, column].set_title(spelled(name), fontsize=8)
        panels[-1, column].set_xlabel("true [prior sd]")
    return stamp(figure, footer)
