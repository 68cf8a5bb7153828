"""What every stage has cost."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fullfield.plots.palette import NAMES, ORANGE, SKY
from fullfield.plots.style import new_figure, stamp, styled

LABELS = ("stage", "compressor", "method", "observation")
KINDS = {"simulations": SKY, "gradients": ORANGE}


@styled
def cost(table: pd.DataFrame, *, footer: str) -> Figure:
    """Draw the distinct simulator calls and gradient calls of every stage.

    Parameters
    ----------
    table
        As `pipeline.tables.cost_table` returns it: counts recorded in the stages' files, warm-up included.
    footer
        What `style.stamp` writes under the panel.

    Returns
    -------
    Figure
        Two bars per stage on a logarithmic scale, with the counts in figures; the last row is the total.
    """
    total = pd.DataFrame([{kind: table[kind].sum() for kind in KINDS}])
    stages = pd.concat([table[[*KINDS]], total], ignore_index=True)
    figure = new_figure(7.0, 0.5 * len(stages) + 1.0)
    axes = figure.subplots()
    rows = np.arange(len(stages))
    for offset, (kind, paint) in zip((-0.19, 0.19), KINDS.items(), strict=True):
        axes.barh(rows + offset, stages[kind], height=0.34, color=paint, label=kind)
        _write_counts(axes, rows + offset, stages[kind].to_numpy())
    axes.axhline(len(table) - 0.5, color="k", lw=0.7)
    axes.set(xscale="log", xlim=(0.8, 30.0 * max(1.0, float(total[list(KINDS)].to_numpy().max()))))
    axes.set(xlabel="calls, each counted once", ylabel="stage")
    axes.set_yticks(rows, [*_stage_labels(table), "total"])
    axes.invert_yaxis()
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return stamp(figure, footer)


def _stage_labels(table: pd.DataFrame) -> list[str]:
    parts = table[[*LABELS]].fillna("").astype(str).replace(dict.fromkeys(LABELS[:3], NAMES))
    return [", ".join(filter(None, row)) for row in parts.itertuples(index=False)]


def _write_counts(axes: Axes, heights: np.ndarray, counts: np.ndarray) -> None:
    for height, count in zip(heights, counts, strict=True):
        text = f"{int(count):,}".replace(",", " ")
        axes.annotate(text, (max(count, 0.8), height), (4, 0), textcoords="offset points", va="center", fontsize=8)
