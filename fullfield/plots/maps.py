"""The convergence maps of the tomographic bins."""

import numpy as np
from matplotlib.figure import Figure

from fullfield.plots.style import new_figure, stamp, styled
from fullfield.types import ArrayLike, Float


@styled
def maps(
    x: Float[ArrayLike, "bins y x"],
    field_size: float,
    *,
    footer: str,
    kappa: Float[ArrayLike, "bins y x"] | None = None,
) -> Figure:
    """Draw the observed maps, and above them the noiseless convergence where it is known.

    Parameters
    ----------
    x
        (num_bins, N, N) observed convergence maps.
    field_size
        Side of the square field, degrees.
    footer
        What `style.stamp` writes under the panels.
    kappa
        (num_bins, N, N) noiseless convergence, or None for a map of unknown truth.

    Returns
    -------
    Figure
        One row of panels per kind of map, one colour scale per row.
    """
    rows = [("observed", np.asarray(x))]
    if kappa is not None:
        rows.insert(0, ("without noise", np.asarray(kappa)))
    num_bins = x.shape[0]
    figure = new_figure(2.15 * num_bins + 1.4, 2.35 * len(rows) + 0.3)
    panels = figure.subplots(len(rows), num_bins, sharex=True, sharey=True, squeeze=False)
    for row, (name, values) in zip(panels, rows, strict=True):
        _draw_row(figure, row, values, field_size, name)
    for index, axes in enumerate(panels[0]):
        axes.set_title(f"bin {index + 1}")
    for axes in panels[-1]:
        axes.set(xlabel="x [deg]", xticks=_ticks(field_size), yticks=_ticks(field_size))
    return stamp(figure, footer)


def _draw_row(figure: Figure, row: np.ndarray, values: np.ndarray, field_size: float, name: str) -> None:
    # A few bright pixels must not set the scale of the row.
    low, high = np.percentile(values, [0.5, 99.5])
    extent = (0.0, field_size, 0.0, field_size)
    for axes, one in zip(row, values, strict=True):
        image = axes.imshow(one, origin="lower", extent=extent, vmin=low, vmax=high, interpolation="nearest")
    row[0].set_ylabel(f"{name}\ny [deg]")
    figure.colorbar(image, ax=list(row), label=r"$\kappa$", extend="both", pad=0.01, aspect=16, shrink=0.85)


def _ticks(field_size: float) -> list[float]:
    return [0.0, field_size / 2.0, field_size]
