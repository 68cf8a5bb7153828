"""Accuracy of explicit inference against its cost, sampler by sampler."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fullfield.plots.palette import BLACK, GREY, colour, spelled
from fullfield.plots.style import new_figure, stamp, styled

PUBLISHED_EXPLICIT = 630_000
"""Simulations of the published explicit inference, 256 x 256 pixels, warm-up not counted (2409.17975, section 4)."""
PUBLISHED_NLE = {100: 0.978, 200: 0.791, 300: 0.692, 400: 0.640, 600: 0.610, 1000: 0.605, 2000: 0.597}
"""C2ST of published NLE without scores by simulations, 100 000 for the compressor not counted (2409.17975)."""


@styled
def samplers(curves: Mapping[str, pd.DataFrame], table: pd.DataFrame, *, footer: str) -> Figure:
    """Draw how close the first draws of a chain are to an independent reference, and what an effective draw costs.

    Parameters
    ----------
    curves
        By sampler, what `studies.samplers.convergence.convergence_curve` returns.
    table
        Columns sampler, gradients_per_ess, gradients_per_ess_error, median_gradients_per_ess.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        Lines are means over the chains, bands their range, dotted lines what noise alone would give; the cost of one
        chain counts two simulations a gradient, warm-up included. Crosses and the grey line are published, for another
        size of the maps.
    """
    figure = new_figure(9.0, 6.0)
    (upper_left, upper_right), (lower_left, lower_right) = figure.subplots(2, 2)
    for sampler, curve in curves.items():
        for axes, column in ((upper_left, "c2st"), (upper_right, "mahalanobis"), (lower_left, "largest_width")):
            _draw_curve(axes, curve, column, sampler)
        _draw_curve(lower_left, curve, "smallest_width", sampler, label=None)
    for sampler, curve in curves.items():
        by_length = curve.groupby("num_draws")[["published_count", "c2st_null", "mahalanobis_noise"]].mean()
        for axes, column in ((upper_left, "c2st_null"), (upper_right, "mahalanobis_noise")):
            axes.plot(by_length["published_count"], by_length[column], ":", color=colour(sampler), lw=1.0)
    upper_left.plot(
        *zip(*PUBLISHED_NLE.items(), strict=True), "x", color=GREY, ms=4, label="published NLE, compressor not counted"
    )
    upper_left.axhline(0.5, color=BLACK, lw=0.6)
    upper_left.set(ylabel="C2ST against the reference", ylim=(0.4, 1.02))
    upper_right.set(ylabel=r"Mahalanobis shift  [$\sigma$]", yscale="log")
    lower_left.axhline(1.0, color=BLACK, lw=0.6)
    lower_left.set(ylabel="smallest and largest width / reference")
    for axes in (upper_left, upper_right, lower_left):
        axes.axvline(PUBLISHED_EXPLICIT, color=GREY, ls=":", lw=1.0)
        axes.set(xscale="log", xlabel="simulations spent by one chain (2 a gradient)")
    upper_right.annotate(
        "published explicit",
        (PUBLISHED_EXPLICIT, 0.97),
        (-3, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        rotation=90,
        ha="right",
        va="top",
        fontsize=7,
        color=GREY,
    )
    for axes in (upper_right, lower_left):
        axes.set_xlim(upper_left.get_xlim())
    _draw_cost(lower_right, table)
    figure.legend(*upper_left.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return stamp(figure, footer)


def _draw_curve(axes: Axes, curve: pd.DataFrame, column: str, sampler: str, label: str | None = "") -> None:
    # Chains take different numbers of gradients for the same number of draws.
    groups = curve.groupby("num_draws").agg(
        cost=("published_count", "mean"), middle=(column, "mean"), low=(column, "min"), high=(column, "max")
    )
    groups = groups[np.isfinite(groups["middle"])]
    label = spelled(sampler) if label == "" else label
    axes.plot(groups["cost"], groups["middle"], "o-", ms=3, color=colour(sampler), label=label)
    axes.fill_between(groups["cost"], groups["low"], groups["high"], color=colour(sampler), alpha=0.2, lw=0)


def _draw_cost(axes: Axes, table: pd.DataFrame) -> None:
    rows = np.arange(len(table))
    values = table["gradients_per_ess"].to_numpy()
    axes.barh(
        rows,
        values,
        xerr=table["gradients_per_ess_error"].to_numpy(),
        color=[colour(name) for name in table["sampler"]],
        height=0.6,
        error_kw={"lw": 1.0},
    )
    axes.plot(table["median_gradients_per_ess"], rows, "|", color=BLACK, ms=12, label="median parameter")
    axes.set_yticks(rows, [spelled(name) for name in table["sampler"]])
    axes.invert_yaxis()
    axes.set(xlim=(0.0, None), xlabel="gradients per effective draw, costliest parameter")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0))
