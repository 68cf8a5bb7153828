"""What every stage has cost, and what one simulation costs."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fullfield.plots.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, new_figure, stamp, styled

KINDS = {"simulations": SKY, "gradients": ORANGE}


@styled
def cost(table: pd.DataFrame, *, footer: str) -> Figure:
    """Draw the distinct simulator calls and gradient calls of every stage.

    Parameters
    ----------
    table
        Columns stage, simulations, gradients: counts recorded in the stages' files, warm-up included.
    footer
        What `style.stamp` writes under the panel.

    Returns
    -------
    Figure
        Two bars per stage on a logarithmic scale, with the counts in figures; the last row is the total.
    """
    total = pd.DataFrame([{"stage": "total", **{kind: table[kind].sum() for kind in KINDS}}])
    stages = pd.concat([table[["stage", *KINDS]], total], ignore_index=True)
    figure = new_figure(7.0, 0.5 * len(stages) + 1.0)
    axes = figure.subplots()
    rows = np.arange(len(stages))
    for offset, (kind, paint) in zip((-0.19, 0.19), KINDS.items(), strict=True):
        axes.barh(rows + offset, stages[kind], height=0.34, color=paint, label=kind)
        _write_counts(axes, rows + offset, stages[kind].to_numpy())
    axes.axhline(len(table) - 0.5, color="k", lw=0.7)
    axes.set(xscale="log", xlim=(0.8, 30.0 * max(1.0, float(total[list(KINDS)].to_numpy().max()))))
    axes.set(xlabel="calls, each counted once", ylabel="stage")
    axes.set_yticks(rows, [str(stage) for stage in stages["stage"]])
    axes.invert_yaxis()
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return stamp(figure, footer)


def _write_counts(axes: Axes, heights: np.ndarray, counts: np.ndarray) -> None:
    for height, count in zip(heights, counts, strict=True):
        text = f"{int(count):,}".replace(",", " ")
        axes.annotate(text, (max(count, 0.8), height), (4, 0), textcoords="offset points", va="center", fontsize=8)


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
def simulator_cost(table: pd.DataFrame, *, footer: str) -> Figure:
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
