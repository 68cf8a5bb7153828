"""Figures of what networks do: a toy in which a moment says nothing, and what a summary looks at."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from fullfield.plots.palette import BLACK, GREY, colour, label, spelled
from fullfield.plots.style import new_figure, stamp, styled

TRAINED, EXACT = ("trained network", None), ("exact minimiser", None)
"""Labels of the first row, and of the others."""
BINS = matplotlib.colormaps["cividis"]


@styled
def moments(summary: np.ndarray, losses: Sequence[str], x: np.ndarray, draws, table: pd.DataFrame, *, footer) -> Figure:
    """Draw the toy in which a moment is not enough.

    Parameters
    ----------
    summary
        (loss, seed, x) summaries.
    losses
        Names of the losses.
    x
        Grid of data.
    draws
        (theta, x) of some simulations.
    table
        Columns loss, seed, information, exact, minimiser.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        Simulations; summaries of each loss, one line per seed; information that they keep, standardised, and what the
        exact minimiser keeps.
    """
    figure = new_figure(10.0, 3.2)
    left, middle, right = figure.subplots(1, 3)
    left.plot(*draws, ".", ms=2, color=GREY, rasterized=True)
    left.set(xlabel=r"$\theta$  [prior sd]", ylabel=r"$x = |\theta| + 0.1\, n$")
    for place, (name, curves) in enumerate(zip(losses, summary, strict=True)):
        own = table[table["loss"] == name]
        for index, curve in enumerate(curves):
            seen = np.interp(draws[1], x, curve)
            shown = (curve - seen.mean()) / seen.std() if name == "vmim" else curve
            middle.plot(x, shown, color=colour(name), lw=1.0, label=spelled(name) if index == 0 else None)
        right.plot(own["information"], [place] * len(own), "o", color=colour(name), ms=5, label=TRAINED[place > 0])
        right.plot(own["minimiser"].iloc[:1], [place], "D", color=BLACK, mfc="none", ms=7, label=EXACT[place > 0])
    middle.set(xlabel="$x$", ylabel="summary $t(x)$  [prior sd; VMIM: own]", ylim=(-2.5, 2.5), xlim=(-0.3, 3.5))
    middle.legend()
    right.axvline(table["exact"].iloc[0], color=BLACK, lw=0.8, label=r"$I(\theta; x)$")
    right.set_yticks(range(len(losses)), [spelled(name) for name in losses])
    right.set(xlabel="information kept  [nats]", xlim=(-0.05, 1.85), ylim=(-0.6, len(losses) - 0.4))
    right.legend(loc="upper center", bbox_to_anchor=(0.5, 1.22), ncols=3, columnspacing=0.8, handletextpad=0.2)
    return stamp(figure, footer)


@styled
def sensitivity(
    maps: np.ndarray, slopes: Mapping[str, np.ndarray], field_deg: float, ell: np.ndarray, powers, *, footer: str
) -> Figure:
    """Draw what a summary looks at: its derivative in every pixel, and the power of that derivative scale by scale.

    Parameters
    ----------
    maps
        (bins, n, n) noiseless convergence, for orientation.
    slopes
        (bins, n, n) d(best linear prediction of a parameter from t) / dx by parameter, in prior sd per unit of x.
    field_deg
        Side of the field in degrees.
    ell
        Multipoles of the bands.
    powers
        By parameter, (bins, bands) power of the slopes.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        First row: the maps; further rows: slopes; last column: power of the slopes by bin.
    """
    num_bins, rows = len(maps), 1 + len(slopes)
    figure = new_figure(1.75 * (num_bins + 1.5), 1.8 * rows)
    panels = figure.subplots(rows, num_bins + 1, width_ratios=[1] * num_bins + [1.5])
    extent = (0.0, field_deg, 0.0, field_deg)
    for row, (name, values) in enumerate({"kappa": maps, **slopes}.items()):
        for index, axes in enumerate(panels[row, :num_bins]):
            bound = np.quantile(np.abs(values if row else values[index]), 0.995)
            limits = {"vmin": -bound, "vmax": bound, "cmap": "RdBu_r"} if row else {"vmax": bound}
            axes.imshow(values[index], origin="lower", extent=extent, **limits)
            axes.set(xticks=[], yticks=[])
            if row == 0:
                axes.set_title(f"bin {index + 1}")
        title = r"$\kappa$" if row == 0 else rf"$\partial$ {label(name)} / $\partial x$"
        panels[row, 0].set_ylabel(title)
    panels[0, -1].remove()
    for row, name in enumerate(slopes, start=1):
        for index, power in enumerate(powers[name]):
            panels[row, -1].loglog(ell, power, label=f"bin {index + 1}", color=BINS(0.9 * index / (num_bins - 1)))
        panels[row, -1].set(ylabel="power of the slope")
    panels[-1, -1].set_xlabel(r"multipole $\ell$")
    panels[1, -1].legend(fontsize=6)
    return stamp(figure, footer)
