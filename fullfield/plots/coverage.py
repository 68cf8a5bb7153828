"""Calibration of an amortised posterior: simulation-based calibration and TARP."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from fullfield.plots.palette import BLACK, LIGHT_GREY, LIGHTER_GREY, colour, label, spelled
from fullfield.plots.style import new_figure, stamp, styled
from fullfield.types import Float

Band = tuple[Float[np.ndarray, " level"], Float[np.ndarray, " level"]]
"""Lowest and highest curve, simultaneous over the levels."""


@styled
def sbc(
    levels: Float[np.ndarray, " level"],
    ecdf_difference: Float[np.ndarray, "level parameter"],
    band: Band,
    joint_band: Band,
    names: tuple[str, ...],
    *,
    footer: str,
    method: str = "npe",
) -> Figure:
    """Draw, per parameter, the empirical distribution of the ranks of the truth minus that of a uniform law.

    Parameters
    ----------
    levels, ecdf_difference
        Levels z in (0, 1) and F(z) - z of every parameter, as `fullfield.metrics.coverage.sbc` returns them.
    band, joint_band
        Band of exact posteriors for one parameter, and for all of them together.
    names
        Parameter names.
    footer
        What `style.stamp` writes under the panels.
    method
        Whose draws were ranked, a name as for `palette.colour`.

    Returns
    -------
    Figure
        One panel per parameter, on one scale.
    """
    num_columns = min(4, len(names)) if len(names) != 6 else 3
    num_rows = -(-len(names) // num_columns)
    figure = new_figure(2.3 * num_columns + 0.6, 2.0 * num_rows + 0.7)
    panels = figure.subplots(num_rows, num_columns, sharex=True, sharey=True, squeeze=False)
    for index, axes in enumerate(panels.flat):
        if index >= len(names):
            axes.remove()
            continue
        axes.fill_between(levels, *joint_band, color=LIGHTER_GREY, lw=0, label="95 %, all parameters")
        axes.fill_between(levels, *band, color=LIGHT_GREY, lw=0, label="95 %, one parameter")
        axes.axhline(0.0, color=BLACK, lw=0.6)
        axes.plot(levels, ecdf_difference[:, index], color=colour(method), label=spelled(method))
        axes.set_title(label(names[index]), fontsize=11)
        # A panel at the foot of its column carries the labels, also where the last row is not full.
        is_bottom = index + num_columns >= len(names)
        axes.tick_params(labelbottom=is_bottom)
        axes.set_xlabel("fractional rank" if is_bottom else "")
        axes.set_ylabel("ECDF difference" if index % num_columns == 0 else "")
    panels[0, 0].set(xlim=(0.0, 1.0), xticks=[0.0, 0.5, 1.0])
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return stamp(figure, footer)


@styled
def tarp(
    levels: Float[np.ndarray, " level"],
    coverage: Mapping[str, Float[np.ndarray, " level"]],
    band: Band,
    *,
    footer: str,
    method: str = "npe",
) -> Figure:
    """Draw the expected coverage of the joint posterior against its credibility (Lemos et al. 2023, arXiv:2302.03026).

    Parameters
    ----------
    levels, coverage
        Credibility in (0, 1) and the fraction of observations whose credible region holds the truth, as
        `fullfield.metrics.coverage.tarp` returns them, by choice of the reference points (text of the legend).
    band
        Band of the coverage for exact posteriors.
    footer
        What `style.stamp` writes under the panels.
    method
        Whose draws were ranked, a name as for `palette.colour`.

    Returns
    -------
    Figure
        Coverage left, coverage minus credibility right.
    """
    figure = new_figure(7.6, 3.5)
    left, right = figure.subplots(1, 2)
    for axes, offset in ((left, np.zeros_like(levels)), (right, levels)):
        low, high = (edge - offset for edge in band)
        axes.fill_between(levels, low, high, color=LIGHT_GREY, lw=0, label="95 %, exact posterior")
        axes.plot(levels, levels - offset, color=BLACK, lw=0.6)
        for index, (name, values) in enumerate(coverage.items()):
            line = ("-", "--", ":")[index % 3]
            axes.plot(levels, values - offset, line, color=colour(method), label=f"{spelled(method)}, {name}")
        axes.set(xlim=(0.0, 1.0), xlabel="credibility")
    left.set(ylim=(0.0, 1.0), ylabel="expected coverage")
    left.legend(loc="upper left")
    right.set_ylabel("coverage - credibility")
    return stamp(figure, footer)


def figures(curves: xr.Dataset, *, footer: str, method: str) -> tuple[Figure, Figure]:
    """Draw `sbc` and `tarp` from the dataset that the calibration study writes."""
    ranks = sbc(
        curves["level"].values,
        curves["ecdf_difference"].values,
        (curves["band_low"].values, curves["band_high"].values),
        (curves["joint_low"].values, curves["joint_high"].values),
        tuple(curves["parameter"].values),
        footer=footer,
        method=method,
    )
    covered = {
        "blind points": curves["tarp_coverage"].values,
        "informed points": curves["tarp_informed_coverage"].values,
    }
    band = (curves["tarp_informed_band_low"].values, curves["tarp_informed_band_high"].values)
    return ranks, tarp(curves["tarp_level"].values, covered, band, footer=footer, method=method)
