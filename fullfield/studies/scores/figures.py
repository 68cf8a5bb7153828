"""Figures of the study: C2ST and log density against the number of simulations, with and without scores."""

import itertools
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from fullfield.plots.palette import GREY, colour, spelled
from fullfield.plots.style import new_figure, stamp, styled
from fullfield.studies.scores.cases import NONE

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
LABELS = {"c2st": "C2ST", "median_log_prob": "log density of the truth  [nats]"}
MARKERS = "osD^vP*X"
LEAST_NOISE = 1e-6
"""Noise of scores below this is rounding."""


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
        One column for each case and method, without what none of them has; error bars over seeds. Hollow markers are
        published values.
    """
    columns = list(curves.groupby(["case", "method"], sort=False))
    # Likelihoods and ratios have no normalised density of the parameters.
    names = [name for name in LABELS if curves[name].notna().any()]
    figure = new_figure(2.3 * len(columns) + 1.6, 0.6 + 1.9 * len(names))
    panels = figure.subplots(len(names), len(columns), squeeze=False, sharex="col")
    for column, ((case, method), own) in zip(panels.T, columns, strict=True):
        upper, lower = column[0], column[-1]
        for (kind, cell), (name, axes) in itertools.product(
            own.groupby("kind", sort=False), zip(names, column, strict=True)
        ):
            _curve(axes, cell, name, kind)
        of_paper = published[(published["case"] == case) & (published["method"] == method)]
        for kind, cell in of_paper.groupby("kind", sort=False):
            upper.plot(cell["num_simulations"], cell["c2st"], "o", ms=4, mfc="none", color=_paint(kind), alpha=0.6)
        levels = null[(null["case"] == case) & null["quantity"].isin(["null", "shifted"])]
        for _, level in levels.groupby("quantity")["c2st"]:
            upper.axhline(level.mean(), color=GREY, ls=":", lw=1.0)
        upper.set(title=f"{CASE_NAMES.get(case, case)}, {method.upper()}", xscale="log", ylim=(0.45, 1.02))
        lower.set(xlabel="simulations", xlim=_room(own["num_simulations"], of_paper["num_simulations"]))
        lower.xaxis.set_minor_formatter(NullFormatter())
    for name, axes in zip(names, panels[:, 0], strict=True):
        axes.set_ylabel(LABELS[name])
    _legend(panels[0])
    return stamp(figure, footer)


def style_key(kind: str) -> str:
    """Return the name by which `palette` knows a kind of fit."""
    return "no_scores" if kind == NONE else kind


def _paint(kind: str) -> str:
    return colour(style_key(kind))


def _name(kind: str) -> str:
    return spelled(style_key(kind))


def _legend(panels: Sequence[Axes]) -> None:
    """Name once, beside the last panel, what any of them shows: none holds all."""
    named = {label: handle for axes in panels for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    panels[-1].legend(named.values(), named.keys(), fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1.0))


def _room(*sizes: pd.Series) -> tuple[float, float]:
    """Return limits that hold all sizes, a factor of 1.5 further; a decade at least, so that one has a label."""
    low, high = min(one.min() for one in sizes if len(one)) / 1.5, max(one.max() for one in sizes if len(one)) * 1.5
    return (low, high) if high > 10 * low else (low, 10 * low)


def _curve(axes: Axes, cell: pd.DataFrame, name: str, kind: str) -> None:
    cell = cell.dropna(subset=[name]).sort_values("num_simulations")
    axes.errorbar(
        cell["num_simulations"],
        cell[name],
        yerr=cell[f"{name}_error"],
        fmt="-o",
        ms=3,
        capsize=2,
        color=_paint(kind),
        label=_name(kind),
    )


@styled
def noise(table: pd.DataFrame, *, footer: str) -> Figure:
    """Draw how much of the scores of each task is noise, by kind.

    Parameters
    ----------
    table
        case, kind, noise_fraction, Var(g | theta, x) / E||g||^2, and median_ratio, the same of medians.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        Filled: means, which a few simulations can dominate; hollow: medians. What is less than `LEAST_NOISE` stands
        there. Scores without noise are not shown.
    """
    shown = table[table["noise_fraction"] > 0]
    cases = list(shown["case"].unique())
    figure = new_figure(5.5, 1.2 + 0.45 * len(cases))
    axes = figure.subplots()
    for kind, rows in shown.groupby("kind", sort=False):
        places = rows["case"].map(cases.index) + 0.12 * (kind != "joint")
        axes.plot(rows["noise_fraction"].clip(lower=LEAST_NOISE), places, "o", color=_paint(kind), label=_name(kind))
        axes.plot(rows["median_ratio"].clip(lower=LEAST_NOISE), places, "o", color=_paint(kind), mfc="none")
    axes.plot([], [], "o", color=GREY, mfc="none", label="ratio of medians")
    axes.set(
        xscale="log",
        xlim=(LEAST_NOISE / 2, 3.0),
        xlabel=r"noise of the scores, $\mathrm{Var}(g\,|\,\theta,x) / E\|g\|^2$",
    )
    axes.set_yticks(range(len(cases)), [CASE_NAMES.get(case, case) for case in cases])
    axes.set_ylim(len(cases) - 0.4, -0.6)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return stamp(figure, footer)


@styled
def gains(table: pd.DataFrame, *, footer: str) -> Figure:
    """Draw what scores bring against how far the posteriors are from Gaussian.

    Parameters
    ----------
    table
        As `tables.gains` returns it.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        A panel for each number of simulations that most tasks have; error bars over seeds.
    """
    num_cases = table.groupby("num_simulations")["case"].nunique()
    sizes = sorted(num_cases[num_cases == num_cases.max()].index)
    figure = new_figure(2.5 * len(sizes) + 2.4, 2.8)
    panels = figure.subplots(1, len(sizes), sharey=True, squeeze=False)[0]
    for axes, size in zip(panels, sizes, strict=True):
        own = table[table["num_simulations"] == size]
        for (case, kind), rows in own.groupby(["case", "kind"], sort=False):
            marker = MARKERS[list(CASE_NAMES).index(case) % len(MARKERS)]
            axes.errorbar(
                rows["gaussian_c2st"],
                rows["gain"],
                yerr=rows["error"],
                fmt=marker,
                ms=5,
                capsize=2,
                color=_paint(kind),
                label=f"{CASE_NAMES.get(case, case)}, {_name(kind)}",
            )
        axes.axhline(0.0, color=GREY, lw=0.8)
        axes.set(title=f"{size} simulations", xlabel="C2ST of the posterior\nagainst a Gaussian")
    panels[0].set(ylabel="gain in log density  [nats]")
    _legend(panels)
    return stamp(figure, footer)
