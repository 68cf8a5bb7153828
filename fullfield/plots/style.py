"""One look for every figure: sizes and fonts, panels of one size, the footer line. Colours are in `palette`."""

import functools
from collections.abc import Callable
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

SETTINGS = {
    "font.size": 9,
    "axes.labelsize": 9,
    "axes.titlesize": 9,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "axes.linewidth": 0.7,
    "lines.linewidth": 1.3,
    "mathtext.fontset": "cm",
    "axes.formatter.use_mathtext": True,
    "image.cmap": "cividis",
}
FOOTER_HEIGHT = 0.22  # inches


def styled(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Run a drawing function under the project's settings and leave the caller's as they were."""

    @functools.wraps(draw)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with matplotlib.rc_context(SETTINGS):
            return draw(*args, **kwargs)

    return wrapped


def stamp(figure: Figure, text: str) -> Figure:
    """Write the footer that says at which scale a figure was made, in a strip of its own under the panels.

    Parameters
    ----------
    figure
        Figure made by `new_figure`.
    text
        Such as ``footer("laptop", 64, 3, 1)``.

    Returns
    -------
    Figure
        The same figure.
    """
    height = FOOTER_HEIGHT / figure.get_figheight()
    if (engine := figure.get_layout_engine()) is not None:
        engine.set(rect=(0.0, height, 1.0, 1.0 - height))
    figure.text(0.995, 0.25 * height, text, ha="right", va="bottom", fontsize=7, color="#666666", gid="footer")
    return figure


def footer(
    scale: str,
    num_pixels: int | None,
    num_seeds: int | None,
    num_observations: int | None,
    num_chains: int | None = None,
) -> str:
    """Return the footer line, such as ``laptop scale · 64 x 64 pixels · 3 seeds · 1 observation``.

    What a figure has none of is None: pixels where data are no maps, seeds in figures of chains, observations in
    those of a simulator.
    """
    parts = [f"{scale} scale"]
    if num_pixels is not None:
        parts.append(f"{num_pixels} x {num_pixels} pixels")
    counts = {"seed": num_seeds, "chain": num_chains, "observation": num_observations}
    parts += [f"{count} {name}{'s' * (count != 1)}" for name, count in counts.items() if count is not None]
    return " · ".join(parts)


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches, with the constrained layout and without any global state."""
    return Figure(figsize=(width, height + FOOTER_HEIGHT), layout="constrained")


def new_grid(size: int, panel: tuple[float, float], *, foot: float) -> tuple[Figure, GridSpec]:
    """Return a figure and a square grid for panels that all have one size, which the constrained layout cannot promise.

    Parameters
    ----------
    size
        Rows, and columns.
    panel
        Width and height of a cell, inches.
    foot
        Room for the labels under the last row, inches.

    Returns
    -------
    tuple
        The figure, with margins for the labels of the outer panels, and the grid.
    """
    gap = 0.05
    left, right, bottom, top = 0.85, 0.1, foot + FOOTER_HEIGHT, 0.1
    width, height = (side * (size + gap * (size - 1)) for side in panel)
    total = (left + width + right, bottom + height + top)
    figure = Figure(figsize=total)
    spec = figure.add_gridspec(
        size,
        size,
        left=left / total[0],
        right=1.0 - right / total[0],
        bottom=bottom / total[1],
        top=1.0 - top / total[1],
        hspace=gap,
        wspace=gap,
    )
    return figure, spec
