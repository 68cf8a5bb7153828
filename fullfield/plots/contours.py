"""Corner plots and marginal limits from GetDist's density estimates."""

import contextlib
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from getdist import MCSamples
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fullfield.plots.palette import BLACK, NAMES, colour, label, spelled
from fullfield.plots.style import new_grid, stamp, styled
from fullfield.types import Float

Ranges = Mapping[str, tuple[float | None, float | None]]
"""Hard bounds (low, high) of the prior by parameter name; None or infinity where there is no bound."""

CONSTRAINED = ("Omega_c", "sigma8", "w0")
"""The parameters that the maps constrain beyond the prior."""
LEVELS = (0.68, 0.95)


def density_estimate(
    draws: Float[np.ndarray, "chain draw parameter"], names: tuple[str, ...], ranges: Ranges | None = None
) -> MCSamples:
    """Return GetDist's samples, whose kernel estimates are corrected at the bounds of the prior (arXiv:1910.13970).

    Parameters
    ----------
    draws
        (num_chains, num_draws, num_parameters); chains are kept apart, so that the kernel width follows from the
        effective number of draws.
    names
        Parameter names, derived ones included.
    ranges
        (low, high) by name; names that are missing have no bounds.

    Returns
    -------
    MCSamples
        One GetDist object; nothing in it is random.
    """
    bounds = {name: _finite(ranges[name]) for name in names if name in (ranges or {})}
    labels = [label(name).strip("$") for name in names]
    # GetDist reports what it loads on standard output.
    with contextlib.redirect_stdout(None):
        return MCSamples(
            samples=list(np.asarray(draws, float)), names=list(names), labels=labels, ranges=bounds, ignore_rows=0
        )


def _finite(bounds: tuple[float | None, float | None]) -> tuple[float | None, float | None]:
    low, high = (None if bound is None or np.isinf(bound) else float(bound) for bound in bounds)
    return low, high


def marginal_limits(
    draws: Float[np.ndarray, "chain draw parameter"], names: tuple[str, ...], ranges: Ranges | None = None
) -> pd.DataFrame:
    """Return mean and 68 % and 95 % limits of every parameter, as GetDist defines them.

    An end that equals the bound of the prior belongs to a one-tail limit. Two-tail limits leave equal probability on
    both sides unless the density there differs, in which case they enclose the highest density.

    Parameters
    ----------
    draws, names, ranges
        As in `density_estimate`.

    Returns
    -------
    pd.DataFrame
        Columns parameter, mean, lower68, upper68, lower95, upper95.
    """
    samples = density_estimate(draws, names, ranges)
    statistics = samples.getMargeStats()
    rows = []
    for name in names:
        one = statistics.parWithName(name)
        inner, outer = one.limits[0], one.limits[1]
        rows.append((name, one.mean, inner.lower, inner.upper, outer.lower, outer.upper))
    return pd.DataFrame(rows, columns=["parameter", "mean", "lower68", "upper68", "lower95", "upper95"])


@styled
def triangle(
    samples: Mapping[str, Float[np.ndarray, "_ _ parameter"]],
    names: tuple[str, ...],
    *,
    footer: str,
    ranges: Ranges | None = None,
    truth: Mapping[str, float] | None = None,
    show: tuple[str, ...] | None = None,
) -> Figure:
    """Draw the 68 % and 95 % contours and the marginal densities of several sets of draws.

    Parameters
    ----------
    samples
        Draws (chain, draw, parameter) by method, a name as for `palette.colour`; the reference is filled.
    names
        Names along the parameter axis, derived ones included.
    footer
        What `style.stamp` writes under the panels.
    ranges
        Bounds of the prior, as in `density_estimate`.
    truth
        True values by name, or None when they are unknown.
    show
        Parameters to draw, all of `names` by default; `CONSTRAINED` is the short version.

    Returns
    -------
    Figure
        Corner plot; the axes follow the posteriors, so that a wide prior may leave the panels.

    Raises
    ------
    ValueError
        Where `show` holds a name that `names` does not.
    """
    show = names if show is None else show
    if unknown := set(show) - set(names):
        raise ValueError(f"cannot show {sorted(unknown)}: the draws hold {', '.join(names)}")
    columns = [names.index(name) for name in show]
    chosen = {method: np.asarray(draws)[..., columns] for method, draws in samples.items()}
    side = 1.3 if len(show) > 4 else 1.7
    figure, spec = new_grid(len(show), (side, side), foot=0.8)
    panels = spec.subplots(squeeze=False, sharex="col")
    for method, line in _lines(chosen).items():
        _draw_method(panels, density_estimate(chosen[method], show, ranges), method, line)
    _finish(panels, show, _view(chosen, show, ranges or {}, truth or {}), truth or {}, side)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    # Of two parameters the corner that is free is one panel.
    size = 10 if len(show) > 2 else 7.5
    figure.legend(handles, labels, loc="upper right", bbox_to_anchor=(0.97, 0.97), fontsize=size)
    return stamp(figure, footer)


def _lines(methods: Iterable[str]) -> dict[str, str]:
    """Return methods from back to front with their lines: dotted for the prior, dashed where a colour comes twice."""
    lines: dict[str, str] = {}
    for method in sorted(methods, key=lambda name: {"prior": 0, "reference": 1}.get(name, 2)):
        earlier = sum(colour(method) == colour(other) for other in lines)
        lines[method] = ":" if method == "prior" else ("-", "--", "-.")[earlier % 3]
    return lines


def _draw_method(panels: np.ndarray, samples: MCSamples, method: str, line: str) -> None:
    paint, names = colour(method), samples.paramNames.list()
    for row, y in enumerate(names):
        marginal = samples.get1DDensity(y)
        panels[row, row].plot(marginal.x, marginal.P, line, color=paint, label=spelled(method))
        for column, x in enumerate(names[:row]):
            joint = samples.get2DDensity(x, y)
            inner, outer = joint.getContourLevels(LEVELS)
            axes = panels[row, column]
            if method == "reference":
                top = max(float(joint.P.max()), 1.001 * inner)
                axes.contourf(joint.x, joint.y, joint.P, [outer, inner, top], colors=[paint + "55", paint + "AA"])
            axes.contour(joint.x, joint.y, joint.P, [outer, inner], colors=paint, linestyles=line, linewidths=1.1)


def _view(
    chosen: Mapping[str, np.ndarray], names: tuple[str, ...], ranges: Ranges, truth: Mapping[str, float]
) -> dict[str, tuple[float, float]]:
    """Return the limits of every axis: the posteriors without their farthest tails and the truth, within the prior."""
    posteriors = [draws for method, draws in chosen.items() if method != "prior"] or list(chosen.values())
    view = {}
    for index, name in enumerate(names):
        inside = [*(np.quantile(draws[..., index], [0.001, 0.999]) for draws in posteriors), [truth.get(name, np.nan)]]
        low, high = np.nanmin(np.concatenate(inside)), np.nanmax(np.concatenate(inside))
        margin = 0.1 * (high - low)
        floor, ceiling = ranges.get(name, (None, None))
        view[name] = (
            max(low - margin, -np.inf if floor is None else floor),
            min(high + margin, np.inf if ceiling is None else ceiling),
        )
    return view


def _finish(panels: np.ndarray, names: tuple[str, ...], view: dict, truth: Mapping[str, float], side: float) -> None:
    last = len(names) - 1
    for (row, column), axes in np.ndenumerate(panels):
        if column > row:
            axes.remove()
            continue
        x, y = names[column], names[row]
        axes.set_xlim(view[x])
        axes.set_ylim(*((0.0, 1.08) if row == column else view[y]))
        axes.xaxis.set_major_locator(MaxNLocator(3, prune="both"))
        axes.yaxis.set_major_locator(MaxNLocator(3, prune="both"))
        _mark_truth(axes, truth.get(x), None if row == column else truth.get(y))
        axes.tick_params(axis="x", labelbottom=row == last, rotation=45)
        axes.tick_params(axis="y", left=row != column, labelleft=column == 0 and row > 0)
        # Aligned by hand: Matplotlib's own alignment takes a minute for this many panels.
        axes.xaxis.set_label_coords(0.5, -0.42 / side)
        axes.yaxis.set_label_coords(-0.5 / side, 0.5)
        axes.set_xlabel(label(x) if row == last else "", fontsize=11)
        axes.set_ylabel(label(y) if column == 0 and row > 0 else "", fontsize=11)


def _mark_truth(axes: Axes, x: float | None, y: float | None) -> None:
    if x is not None:
        axes.axvline(x, color=BLACK, lw=0.8, ls="--", label=NAMES["truth"])
    if y is not None:
        axes.axhline(y, color=BLACK, lw=0.8, ls="--")
