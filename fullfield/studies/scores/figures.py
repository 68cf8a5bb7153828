"""Figures of the study: C2ST and log density against the number of simulations, with and without scores."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from fullfield.plots.style import BLACK, BLUE, GREY, ORANGE, VERMILION, new_figure, stamp, styled

KINDS = {
    "none": (BLACK, "no scores"),
    "joint": (ORANGE, "joint scores"),
    "control_variate": (BLUE, "with a control variate"),
    "marginal": (VERMILION, "marginal scores"),
}
"""Colour and name of every kind of fit."""
CASE_NAMES = {
    "moons": "two moons, density",
    "lotka_volterra": "Lotka–Volterra",
    "lotka_volterra_data": "Lotka–Volterra, 20 numbers",
    "lotka_volterra_fixed": "Lotka–Volterra, fixed start",
    "lotka_volterra_sbibm": "Lotka–Volterra of sbibm",
    "two_moons": "two moons of sbibm",
    "linear_gaussian": "linear and Gaussian",
    "noise_scale": "scale of latents",
}


@styled
def learning_curves(curves: pd.DataFrame, published: pd.DataFrame, null: pd.DataFrame, *, footer: str) -> Figure:
    """Draw C2ST (above) and the median log density of the true parameters (below) against the number of simulations.

    Parameters
    ----------
    curves
        As `tables.curves` returns them.
    published
        As `tables.published` returns them: other observations, as context.
    null
        case, quantity (null, shifted) and c2st: what a perfect fit would score, and one a quarter sigma off.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        One column for each case and method; error bars over seeds. Hollow markers are published values.
    """
    columns = list(curves.groupby(["case", "method"], sort=False))
    figure = new_figure(2.3 * len(columns) + 1.6, 4.4)
    panels = figure.subplots(2, len(columns), squeeze=False, sharex="col")
    for (upper, lower), ((case, method), own) in zip(panels.T, columns, strict=True):
        for kind, cell in own.groupby("kind", sort=False):
            _curve(upper, cell, "c2st", kind)
            _curve(lower, cell, "median_log_prob", kind)
        of_paper = published[(published["case"] == case) & (published["method"] == method)]
        for kind, cell in of_paper.groupby("kind", sort=False):
            upper.plot(cell["num_simulations"], cell["c2st"], "o", ms=4, mfc="none", color=KINDS[kind][0], alpha=0.6)
        for _, level in null[null["case"] == case].groupby("quantity")["c2st"]:
            upper.axhline(level.mean(), color=GREY, ls=":", lw=1.0)
        upper.set(title=f"{CASE_NAMES.get(case, case)}, {method.upper()}", xscale="log", ylim=(0.45, 1.02))
        lower.set(xlabel="simulations", xlim=_room(own["num_simulations"], of_paper["num_simulations"]))
        lower.xaxis.set_minor_formatter(NullFormatter())
    panels[0, 0].set_ylabel("C2ST")
    panels[1, 0].set_ylabel("log density of the truth  [nats]")
    panels[0, -1].legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return stamp(figure, footer)


def _room(*sizes: pd.Series) -> tuple[float, float]:
    """Return limits that hold all sizes, a factor of 1.5 further; a decade at least, so that one has a label."""
    low, high = min(one.min() for one in sizes if len(one)) / 1.5, max(one.max() for one in sizes if len(one)) * 1.5
    return (low, high) if high > 10 * low else (low, 10 * low)


def _curve(axes: Axes, cell: pd.DataFrame, name: str, kind: str) -> None:
    cell = cell.dropna(subset=[name]).sort_values("num_simulations")
    colour, spelled = KINDS[kind]
    error = cell[f"{name}_error"].fillna(0)
    axes.errorbar(
        cell["num_simulations"], cell[name], yerr=error, fmt="-o", ms=3, capsize=2, color=colour, label=spelled
    )
