"""Traces and rank plots of the reference chains."""

import numpy as np
import pandas as pd
import scipy.stats
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fullfield.plots.palette import BLACK, LIGHT_GREY, label, seed_colour
from fullfield.plots.style import new_figure, stamp, styled
from fullfield.types import Float

NUM_RANK_BINS = 20
MAX_POINTS = 1_000


@styled
def traces(
    draws: Float[np.ndarray, "chain draw parameter"],
    names: tuple[str, ...],
    convergence: pd.DataFrame,
    *,
    footer: str,
    truth: dict[str, float] | None = None,
) -> Figure:
    """Draw the trace and the rank histogram of every parameter, one colour per chain.

    A rank histogram counts, chain by chain, the ranks of the draws among those of all chains together, divided by the
    count expected when every chain explores the same law (Vehtari et al. 2021, arXiv:1903.08008, section 4.2).

    Parameters
    ----------
    draws
        (num_chains, num_draws, num_parameters) draws after warm-up.
    names
        Parameter names, derived ones included.
    convergence
        Columns parameter, rhat, ess_bulk, ess_tail.
    footer
        What `style.stamp` writes under the panels.
    truth
        True values by name, or None when they are unknown.

    Returns
    -------
    Figure
        One row per parameter: trace left, ranks right. The grey band of the ranks holds 95 % of the bars of chains
        that agree, given their bulk effective sample size.
    """
    figure = new_figure(9.0, 1.25 * len(names) + 0.5)
    rows = figure.subplots(len(names), 2, width_ratios=(3, 1), sharex="col", squeeze=False)
    table = convergence.set_index("parameter")
    for index, (name, (left, right)) in enumerate(zip(names, rows, strict=True)):
        row = table.loc[name]
        _draw_trace(left, draws[:, :, index], (truth or {}).get(name))
        _draw_ranks(right, draws[:, :, index], float(row["ess_bulk"]))
        left.set_ylabel(label(name))
        text = f"R-hat {row['rhat']:.3f}   ESS bulk {row['ess_bulk']:.0f}, tail {row['ess_tail']:.0f}"
        left.set_title(text, loc="right", fontsize=8, pad=2)
    rows[0, 1].set_title("ranks / expected", fontsize=8, pad=2)
    figure.align_ylabels(rows[:, 0])
    rows[-1, 0].set_xlabel("draw")
    rows[-1, 1].set_xlabel("rank among all draws")
    return stamp(figure, footer)


def _draw_trace(axes: Axes, draws: np.ndarray, truth: float | None) -> None:
    # More points than pixels only slow the PDF down.
    step = -(-draws.shape[1] // MAX_POINTS)
    for index, chain in enumerate(draws[:, ::step]):
        axes.plot(np.arange(len(chain)) * step, chain, color=seed_colour(index), lw=0.4, alpha=0.8)
    if truth is not None:
        axes.axhline(truth, color=BLACK, lw=1.0, ls="--")
    axes.set_xlim(0, draws.shape[1])


def _draw_ranks(axes: Axes, draws: np.ndarray, ess: float) -> None:
    ranks = (scipy.stats.rankdata(draws, axis=None).reshape(draws.shape) - 0.5) / draws.size
    edges = np.linspace(0.0, 1.0, NUM_RANK_BINS + 1)
    for index, chain in enumerate(ranks):
        height = np.histogram(chain, edges)[0] * NUM_RANK_BINS / draws.shape[1]
        axes.stairs(height, edges, color=seed_colour(index), lw=0.9)
    half_width = 1.96 * np.sqrt((NUM_RANK_BINS - 1) * (len(draws) - 1) / max(ess, 1.0))
    axes.axhspan(max(0.0, 1.0 - half_width), 1.0 + half_width, color=LIGHT_GREY, lw=0, zorder=0)
    axes.axhline(1.0, color=BLACK, lw=0.6)
    axes.set(xlim=(0.0, 1.0), ylim=(0.0, max(2.0, 1.2 * axes.dataLim.y1)))
