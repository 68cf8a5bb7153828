"""Figure of the score fields of the two moons."""

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from fullfield.plots.style import new_figure, stamp, styled

NAMES = {
    "exact": "the target",
    "affine": "affine couplings",
    "spline": "spline, 8 bins",
    "smooth_1": "smooth, 1 sigmoid",
    "smooth_5": "smooth, 5 sigmoids",
    "smooth_16": "smooth, 16 sigmoids",
}
MAX_ARROWS = 20
"""Along a side."""


@styled
def score_fields(fields: xr.Dataset, table: pd.DataFrame, *, footer: str) -> Figure:
    """Draw length (colour) and direction (arrows) of grad log p and of grad log q of every kind of flow.

    Parameters
    ----------
    fields, table
        As `fields.score_fields` returns them.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        With the name of a flow, the share of the target's score that it misses with scores (without): the mean over
        data sets of E||grad log q - grad log p||^2 / E||grad log p||^2.
    """
    first, second = fields["first"].values, fields["second"].values
    step = max(1, len(first) // MAX_ARROWS)
    figure = new_figure(7.2, 4.6)
    panels = figure.subplots(2, 3, sharex=True, sharey=True)
    length = np.linalg.norm(fields["score"].values, axis=-1)
    norm = LogNorm(*np.quantile(length[0], [0.02, 1.0]))
    for axes, name in zip(panels.ravel(), fields["flow"].values, strict=True):
        score = fields["score"].sel(flow=name).values
        size = np.linalg.norm(score, axis=-1)
        image = axes.pcolormesh(first, second, np.maximum(size, norm.vmin), norm=norm, rasterized=True)
        arrows = (score / np.maximum(size, 1e-12)[..., None])[::step, ::step]
        axes.quiver(first[::step], second[::step], *np.moveaxis(arrows, -1, 0), color="white", width=0.004, scale=28)
        axes.set_title(NAMES[name] + _missed(table[table["flow"] == name]), fontsize=8)
    for axes in panels[-1]:
        axes.set_xlabel("$y_1$")
    for axes in panels[:, 0]:
        axes.set_ylabel("$y_2$")
    figure.colorbar(image, ax=panels, label=r"length of $\nabla_y \ln q$", shrink=0.8)
    return stamp(figure, footer)


def _missed(rows: pd.DataFrame) -> str:
    if rows.empty:
        return ""
    missed = rows.groupby("kind")["score_error"].mean()
    return f"\nmisses {missed['joint']:.2g} ({missed['none']:.2g} without scores)"
