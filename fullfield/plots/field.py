"""The posterior of the field: truth, data, posterior mean and standard deviation, and the power of what is left."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from fullfield.plots.palette import BLACK, GREY, seed_colour
from fullfield.plots.style import new_figure, stamp, styled
from fullfield.types import ArrayLike, Float


@styled
def field(
    panels: Sequence[tuple[str, Float[ArrayLike, "n n"]]],
    field_size: float,
    *,
    footer: str,
    bin_number: int,
    residual: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike] | None = None,
) -> Figure:
    """Draw maps of one tomographic bin and, where the truth is known, the power of truth minus posterior mean.

    Parameters
    ----------
    panels
        (title, map) pairs; the last one, the standard deviation, has a colour scale of its own, the others share that
        of the posterior mean.
    field_size
        Side of the square field, degrees.
    footer
        What `style.stamp` writes under the panels.
    bin_number
        Which bin the maps show, from 1.
    residual
        (num_bands,) multipoles, (num_bins, num_bands) power of the residual over that of the truth, and, over all
        pixels, the ratio that the posterior's standard deviation implies and the one measured, each (num_bins,).

    Returns
    -------
    Figure
        One row of maps, and the residual power of every bin right of them.
    """
    num_panels = len(panels) + (residual is not None)
    figure = new_figure(2.75 * num_panels, 2.75)
    axes = figure.subplots(1, num_panels, squeeze=False)[0]
    shared = np.asarray(dict(panels)["posterior mean"])
    limits = np.percentile(shared, [0.5, 99.5])
    for index, (panel, (title, values)) in enumerate(zip(axes, panels, strict=False)):
        is_last = index == len(panels) - 1
        low, high = np.percentile(values, [0.5, 99.5]) if is_last else limits
        extent = (0.0, field_size, 0.0, field_size)
        image = panel.imshow(values, origin="lower", extent=extent, vmin=low, vmax=high, interpolation="nearest")
        panel.set(title=f"{title}, bin {bin_number}", xlabel="x [deg]", ylabel="" if index else "y [deg]")
        ticks = [0.0, field_size / 2.0, field_size]
        panel.set(xticks=ticks, yticks=ticks)
        name = r"$\sigma(\kappa)$" if is_last else r"$\kappa$"
        figure.colorbar(image, ax=panel, extend="both", location="bottom", label=name, shrink=0.9)
    if residual is not None:
        _draw_residual(axes[-1], *map(np.asarray, residual))
    return stamp(figure, footer)


def _draw_residual(axes: Axes, ell: np.ndarray, ratio: np.ndarray, expected: np.ndarray, measured: np.ndarray) -> None:
    axes.axhline(1.0, color=BLACK, lw=0.6)
    axes.axhspan(1.0, 9.0, color=GREY, alpha=0.15, lw=0)
    for index, row in enumerate(ratio):
        text = f"bin {index + 1}: {measured[index]:.2f} ({expected[index]:.2f})"
        axes.plot(ell, row, "o-", ms=3, color=seed_colour(index), label=text)
    axes.set(xscale="log", xlabel=r"multipole $\ell$", ylabel="residual / true power")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set(ylim=(0.0, 2.4 * max(1.0, float(ratio.max()))), title="truth minus posterior mean")
    axes.set_box_aspect(1.0)
    axes.legend(loc="upper left", fontsize=6.5, title="all scales (expected)", title_fontsize=6.5)
