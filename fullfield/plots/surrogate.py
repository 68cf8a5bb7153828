"""Accuracy of the surrogate of the spectra."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from fullfield.plots.palette import BLACK, BLUE, LIGHT_GREY, ORANGE, SKY, VERMILION
from fullfield.plots.style import new_figure, stamp, styled

QUANTILES = {
    "median": ("o", BLUE, "median"),
    "q95": ("s", SKY, "95 %"),
    "q99": ("^", ORANGE, "99 %"),
    "max": ("D", VERMILION, "largest"),
}


@styled
def surrogate_accuracy(accuracy: pd.DataFrame, *, footer: str, goal: float | None = None) -> Figure:
    """Draw quantiles of the relative error of the surrogate, one row per pair of bins.

    Parameters
    ----------
    accuracy
        Columns pair, median, q95, q99, max: quantiles of |surrogate / exact - 1| in percent over held-out parameters
        and multipoles, of the spectrum of a pair of bins or of the shift of a bin.
    footer
        What `style.stamp` writes under the panel.
    goal
        Error that was asked for, in percent, drawn as a dashed line.

    Returns
    -------
    Figure
        Four markers per pair on a logarithmic scale.
    """
    figure = new_figure(6.2, 0.24 * len(accuracy) + 1.3)
    axes = figure.subplots()
    rows = np.arange(len(accuracy))
    axes.hlines(rows, accuracy["median"], accuracy["max"], color=LIGHT_GREY, lw=2, zorder=1)
    for column, (marker, paint, name) in QUANTILES.items():
        axes.plot(accuracy[column], rows, marker, ms=5, color=paint, label=name)
    if goal is not None:
        axes.axvline(goal, color=BLACK, lw=0.9, ls="--", label="goal")
    axes.set_yticks(rows, [str(pair) for pair in accuracy["pair"]])
    axes.set(
        xscale="log", xlabel="|surrogate / exact - 1|  [%]", ylabel=r"$C_\ell$ of a pair of bins, or shift of a bin"
    )
    axes.invert_yaxis()
    axes.legend(ncols=5, loc="lower center", bbox_to_anchor=(0.5, 1.0), columnspacing=1.2, handletextpad=0.4)
    return stamp(figure, footer)
