"""Figures of the study: what posteriors learned from maps of every kind are off by."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from fullfield.plots.palette import BLACK, LIGHT_GREY, colour, label, spelled
from fullfield.plots.style import new_figure, stamp, styled


@styled
def posteriors(table: pd.DataFrame, names: list[str], *, footer: str) -> Figure:
    """Draw shifts and widths of posteriors learned from every kind of maps.

    Parameters
    ----------
    table
        As `tables.compare_posteriors` returns it.
    names
        Parameters.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        A row for each kind of maps; shifts are in standard deviations of the posterior learned from expensive ones, and
        are meant to lie within 0.3, shaded.
    """
    table = table[table["kind"] != "expensive"]
    figure = new_figure(6.8, 0.28 * len(table) + 1.1)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, quantity in zip(panels, ("shift", "width"), strict=True):
        _rows(axes, table, quantity, names)
    panels[0].axvspan(-0.3, 0.3, color=LIGHT_GREY, zorder=0)
    panels[0].axvline(0.0, color=BLACK, lw=0.8)
    panels[1].axvline(1.0, color=BLACK, lw=0.8)
    panels[0].set(xlabel=r"shift of the mean  [$\sigma$]", ylabel="learned from", yticks=range(len(table)))
    panels[0].set_yticklabels([spelled(kind) for kind in table["kind"]])
    panels[0].invert_yaxis()
    panels[1].set_xlabel("width, ratio")
    panels[1].legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return stamp(figure, footer)


@styled
def scaling(table: pd.DataFrame, names: list[str], num_simulations: Mapping[str, int], *, footer: str) -> Figure:
    """Draw what posteriors learned from emulated maps are off by against the number of expensive simulations.

    Parameters
    ----------
    table
        As `tables.compare_posteriors` returns it.
    names
        Parameters.
    num_simulations
        That each kind of emulated maps has learned from.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        Shifts as in `posteriors`, and C2ST; dashed: of maps without an emulator.
    """
    figure = new_figure(6.8, 2.6)
    panels = figure.subplots(1, 2)
    own = table[table["kind"].isin(list(num_simulations))]
    sizes = own["kind"].map(num_simulations)
    cheap = table[table["kind"] == "cheap"]
    for p, name in enumerate(names):
        shift, tint = f"shift_{name}", colour("emulated")
        style = {"fmt": "os"[p], "ms": 4, "capsize": 2, "label": label(name), "color": tint, "mfc": [tint, "white"][p]}
        panels[0].errorbar(sizes * (1.0 + 0.04 * p), own[shift], yerr=own[f"{shift}_error"], **style)
        panels[0].axhline(cheap[shift].iloc[0], color=colour("cheap"), ls=["--", ":"][p], lw=1.0)
    panels[0].axhspan(-0.3, 0.3, color=LIGHT_GREY, zorder=0)
    panels[0].axhline(0.0, color=BLACK, lw=0.8)
    panels[1].errorbar(sizes, own["c2st"], yerr=own["c2st_error"], fmt="o", ms=4, capsize=2, color=colour("emulated"))
    panels[1].axhline(cheap["c2st"].iloc[0], color=colour("cheap"), ls="--", lw=1.0, label=spelled("cheap"))
    for axes, text in zip(panels, (r"shift of the mean  [$\sigma$]", "C2ST against the mesh's"), strict=True):
        axes.set(xscale="log", xlabel="simulations by the particle mesh", ylabel=text)
        axes.set_xticks(sorted(sizes.unique()), [str(size) for size in sorted(sizes.unique())])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.legend(fontsize=7)
    panels[1].set_ylim(0.49, None)
    return stamp(figure, footer)


def _rows(axes: Axes, table: pd.DataFrame, quantity: str, names: list[str]) -> None:
    for name, marker, place in zip(names, "os^v", np.linspace(-0.15, 0.15, len(names)), strict=False):
        for row, (_, own) in enumerate(table.iterrows()):
            column = f"{quantity}_{name}"
            axes.errorbar(
                own[column], row + place, xerr=own[f"{column}_error"], fmt=marker, ms=4, capsize=2,
                color=colour(own["kind"]), label=label(name) if row == 0 else None,
            )  # fmt: skip
