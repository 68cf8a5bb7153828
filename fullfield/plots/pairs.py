"""The lower triangle of panels, one for each pair of tomographic bins, that figures of spectra share."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fullfield.pairs import num_bins_of, pair_indices
from fullfield.plots.palette import BLACK, VERMILION
from fullfield.plots.style import new_grid

LABEL = r"$\ell(\ell+1)\,C_\ell/2\pi$"


def scaled(ell: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    """Return l (l + 1) C_l / 2 pi, dimensionless."""
    return ell * (ell + 1.0) * spectrum / (2.0 * np.pi)


def pair_names(num_pairs: int) -> list[str]:
    """Return ``1 x 1``, ``1 x 2``, ... in the order of `fullfield.fields.gaussian.pair_indices`."""
    return [f"{i + 1} x {j + 1}" for i, j in zip(*pair_indices(num_bins_of(num_pairs)), strict=True)]


def pair_figure(num_pairs: int) -> tuple[Figure, list[tuple[Axes, Axes]]]:
    """Return a figure with a panel and a residual panel per pair (row = higher bin, column = lower bin).

    Parameters
    ----------
    num_pairs
        n (n + 1) / 2 for n bins.

    Returns
    -------
    tuple
        The figure and, per pair, its two panels; scales are logarithmic in ell, and in the main panel in the spectrum.
    """
    num_bins = num_bins_of(num_pairs)
    figure, spec = new_grid(num_bins, (2.0, 1.9), foot=0.5)
    panels: list[tuple[Axes, Axes]] = []
    first, second = (index.tolist() for index in pair_indices(num_bins))
    for i, j, name in zip(first, second, pair_names(num_pairs), strict=True):
        share = panels[0] if panels else (None, None)
        inner = spec[j, i].subgridspec(2, 1, height_ratios=(3, 1), hspace=0.0)
        upper, lower = (figure.add_subplot(inner[k], sharex=share[k], sharey=share[k]) for k in range(2))
        upper.set(xscale="log", yscale="log")
        lower.set(xscale="log", ylim=(-5.0, 5.0), yticks=[-3, 0, 3])
        upper.text(0.06, 0.95, name, transform=upper.transAxes, va="top")
        _label_outer(upper, lower, is_left=i == 0, is_bottom=j == num_bins - 1)
        panels.append((upper, lower))
    return figure, panels


def _label_outer(upper: Axes, lower: Axes, *, is_left: bool, is_bottom: bool) -> None:
    for axes, name in ((upper, LABEL), (lower, r"$\Delta/\sigma$")):
        axes.tick_params(labelbottom=False, labelleft=is_left, which="both")
        axes.set_ylabel(name if is_left else "")
        axes.yaxis.set_label_coords(-0.25, 0.5)
    lower.tick_params(labelbottom=is_bottom, which="both")
    lower.set_xlabel(r"multipole $\ell$" if is_bottom else "")


def draw_band_powers(
    axes: Axes, ell: np.ndarray, spectrum: np.ndarray, name: str, error: np.ndarray | None = None
) -> None:
    """Draw band powers as dots, the negative ones as open circles at their absolute value."""
    for sign, face, text in ((1, BLACK, name), (-1, "white", f"{name}, negative")):
        keep = np.sign(spectrum) == sign
        if not keep.any():
            continue
        height = scaled(ell, np.abs(spectrum))[keep]
        axes.plot(ell[keep], height, "o", ms=3, mfc=face, color=BLACK, label=text, zorder=3)
        if error is not None:
            width = scaled(ell, error)[keep]
            # The lower end of a bar that reaches zero would run off a logarithmic axis.
            axes.vlines(ell[keep], np.maximum(height - width, 1e-3 * height), height + width, color=BLACK, lw=0.8)


def draw_residuals(axes: Axes, ell: np.ndarray, residual: np.ndarray) -> None:
    """Draw residuals in sigma; those beyond 4.5 as red diamonds at the edge of the panel."""
    inside = np.clip(residual, -4.5, 4.5)
    beyond = inside != residual
    axes.plot(ell[~beyond], inside[~beyond], "o", ms=3, color=BLACK)
    axes.plot(ell[beyond], inside[beyond], "D", ms=4, color=VERMILION)


def finish_pairs(figure: Figure, panels: list[tuple[Axes, Axes]], expected: np.ndarray) -> None:
    """Set the common scale and the legend.

    Parameters
    ----------
    figure, panels
        As `pair_figure` returned them, drawn.
    expected
        Any array of the expected l (l + 1) C_l / 2 pi: a band power far below all of it does not stretch the scale.
    """
    expected = expected[expected > 0]
    panels[0][0].set_ylim(expected.min() / 20.0, expected.max() * 4.0)
    entries: dict = {}
    for upper, _ in panels:
        handles, names = upper.get_legend_handles_labels()
        entries |= dict(zip(names, handles, strict=True))
    if len(panels) > 1:
        place = {"loc": "upper right", "bbox_to_anchor": (0.97, 0.97), "fontsize": 10}
        figure.legend(entries.values(), entries.keys(), **place)
    else:
        panels[0][0].legend(entries.values(), entries.keys(), loc="lower right")
