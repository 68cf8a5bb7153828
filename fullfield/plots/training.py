"""Learning curves of compressors and estimators."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from fullfield.plots.palette import seed_colour
from fullfield.plots.style import new_figure, stamp, styled


@styled
def training_curves(
    history: pd.DataFrame, *, footer: str, title: str = "", loss_name: str = "loss [nats]", transient: float = 0.05
) -> Figure:
    """Draw training and validation loss of every seed and mark the round whose weights were kept.

    Parameters
    ----------
    history
        Columns seed, step, training, validation, as `fullfield.train.fit` returns them.
    footer
        What `style.stamp` writes under the panel.
    title
        What was trained.
    loss_name
        Label of the vertical axis, with its unit.
    transient
        Fraction of the steps at the start that may leave the panel, so that they do not flatten the rest.

    Returns
    -------
    Figure
        Dashed lines: training, dots: lowest validation loss of each seed.
    """
    figure = new_figure(6.0, 3.8)
    axes = figure.subplots()
    for index, (seed, rounds) in enumerate(history.dropna().groupby("seed")):
        paint = seed_colour(index)
        best = rounds.loc[rounds["validation"].idxmin()]
        axes.plot(rounds["step"], rounds["training"], "--", color=paint, lw=0.8, alpha=0.7)
        axes.plot(rounds["step"], rounds["validation"], color=paint, label=f"seed {seed}")
        axes.plot(best["step"], best["validation"], "o", ms=6, color=paint, mec="white", zorder=3)
    axes.plot([], [], color="k", label="validation")
    axes.plot([], [], "--", color="k", lw=0.8, label="training")
    axes.plot([], [], "o", color="k", ms=5, label="weights kept")
    axes.set(xlabel="optimiser step", ylabel=loss_name, title=title, ylim=_limits(history.dropna(), transient))
    axes.legend(ncols=2)
    return stamp(figure, footer)


def _limits(history: pd.DataFrame, transient: float) -> tuple[float, float]:
    settled = history[history["step"] >= transient * history["step"].max()]
    losses = settled[["training", "validation"]].to_numpy()
    margin = 0.05 * np.ptp(losses) + 1e-6
    return float(losses.min() - margin), float(losses.max() + margin)
