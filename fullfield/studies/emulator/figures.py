"""Figures of the study: maps side by side, their statistics, trainings, and paths between Gaussians."""

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from fullfield.plots.palette import BLACK, BLUE, GREY, LIGHT_GREY, VERMILION, colour, spelled
from fullfield.plots.style import new_figure, stamp, styled

MAIN = ("cheap", "transfer", "emulated", "generated")
"""Kinds of maps that are drawn before others."""
PANELS = {
    "spectrum": "power over that of the mesh",
    "variance": "variance of power, ratio",
    "correlation": "correlation with the mesh",
}
PAIRINGS = {"optimal": VERMILION, "independent": BLUE}
NYQUIST = {"color": GREY, "ls": ":", "lw": 1.0}


@styled
def maps(examples: xr.Dataset, *, footer: str) -> Figure:
    """Draw one box by every kind of maps, and what is left to the expensive simulator.

    Parameters
    ----------
    examples
        maps (kind, example, row, column), overdensities, ``expensive`` among the kinds.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        Upper row ln(1 + delta), lower row its difference to the expensive one; a generator has no box of its own.
    """
    kinds = [str(kind) for kind in examples["kind"].values]
    kinds = [kind for kind in MAIN if kind in kinds] + ["expensive"]
    floor = float(np.exp(-3.0))
    shown = {kind: np.log(np.maximum(1.0 + examples["maps"].sel(kind=kind).values[0], floor)) for kind in kinds}
    truth = shown["expensive"]
    figure = new_figure(1.55 * len(kinds) + 0.9, 3.3)
    panels = figure.subplots(2, len(kinds), squeeze=False)
    limit = float(np.quantile(np.abs(shown["cheap"] - truth), 0.995))
    for column, kind in zip(panels.T, kinds, strict=True):
        image = column[0].imshow(shown[kind], vmin=truth.min(), vmax=truth.max(), origin="lower")
        column[0].set_title(spelled(kind), fontsize=8)
        for axes in column:
            axes.set(xticks=[], yticks=[])
        if kind == "expensive":
            column[1].axis("off")
            continue
        residual = column[1].imshow(shown[kind] - truth, vmin=-limit, vmax=limit, origin="lower", cmap="RdBu_r")
    panels[0, 0].set_ylabel(r"$\ln(1 + \delta)$")
    panels[1, 0].set(ylabel="less the mesh", xlabel="without noise")
    figure.colorbar(image, ax=list(panels[0]), fraction=0.05)
    figure.colorbar(residual, ax=list(panels[1]), fraction=0.05)
    return stamp(figure, footer)


@styled
def spectra(statistics: pd.DataFrame, *, footer: str) -> Figure:
    """Draw power, its variance and the correlation with the expensive maps against wavenumber.

    Parameters
    ----------
    statistics
        As `statistics.compare_maps` returns it.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        A panel for each; bands of 3 and 20 % where power and its variance are meant to be, half the Nyquist frequency
        dotted.
    """
    figure = new_figure(8.6, 2.7)
    panels = figure.subplots(1, len(PANELS))
    for axes, (statistic, name) in zip(panels, PANELS.items(), strict=True):
        own = statistics[statistics["statistic"] == statistic]
        for kind, rows in own.groupby("kind", sort=False):
            axes.errorbar(
                rows["k"], rows["value"], yerr=rows["error"], fmt="-o", ms=2.5, capsize=1.5, label=spelled(kind),
                color=colour(kind),
            )  # fmt: skip
        axes.axvline(own["half_nyquist"].iloc[0], **NYQUIST)
        axes.axhline(1.0, color=BLACK, lw=0.8)
        axes.set(xscale="log", xlabel=r"$k$  [$h$/Mpc]", ylabel=name)
    for axes, width in zip(panels, (0.03, 0.2), strict=False):
        axes.axhspan(1.0 - width, 1.0 + width, color=LIGHT_GREY, zorder=0)
        axes.set_ylim(0.0, 1.8)
    panels[-1].set_ylim(min(0.0, panels[-1].get_ylim()[0]), 1.05)
    panels[-1].legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return stamp(figure, footer)


@styled
def unpaired(statistics: pd.DataFrame, *, footer: str) -> Figure:
    """Draw the power of own cheap and emulated maps over that of the expensive simulator.

    Parameters
    ----------
    statistics
        As `statistics.compare_unpaired` returns it.
    footer
        What `style.stamp` writes under the panels.
    """
    figure = new_figure(4.6, 2.7)
    axes = figure.subplots()
    shown = statistics[(statistics["statistic"] == "spectrum") & (statistics["kind"] != "halves")]
    for kind, rows in shown.groupby("kind", sort=False):
        axes.errorbar(
            rows["k"], rows["value"], yerr=rows["error"], fmt="-o", ms=2.5, capsize=1.5, label=kind,
            color=colour(kind),
        )  # fmt: skip
    axes.axhline(1.0, color=BLACK, lw=0.8)
    axes.set(xlabel="wavenumber over that of the lowest mode", ylabel="power over the expensive maps'")
    axes.legend(fontsize=7)
    return stamp(figure, footer)


@styled
def training(history: pd.DataFrame, *, footer: str) -> Figure:
    """Draw the flow-matching loss of training and of held-out maps against the step.

    Parameters
    ----------
    history
        emulator, step, training, validation.
    footer
        What `style.stamp` writes under the panels.
    """
    figure = new_figure(5.2, 2.6)
    axes = figure.subplots()
    for name, rows in history.groupby("emulator", sort=False):
        axes.plot(rows["step"], rows["validation"], color=colour(name), label=spelled(name))
        axes.plot(rows["step"], rows["training"], color=colour(name), ls=":", lw=0.9)
    axes.set(xlabel="training step", ylabel="flow-matching loss")
    axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1.0), title="dotted: training", title_fontsize=7)
    return stamp(figure, footer)


@styled
def paths(dataset: xr.Dataset, errors: pd.DataFrame, *, footer: str) -> Figure:
    """Draw how draws of one Gaussian are carried to another, and the error of the map against the batch.

    Parameters
    ----------
    dataset
        path (pairing, time, draw, coordinate), exact (draw, coordinate), as `control.run_control` returns them.
    errors
        pairing, batch_size, seed, error.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        Hollow markers are where the exact map ends.
    """
    figure = new_figure(8.4, 2.7)
    *panels, last = figure.subplots(1, dataset.sizes["pairing"] + 1)
    limit = 1.1 * float(np.abs(dataset["path"].values).max())
    for axes, pairing in zip(panels, dataset["pairing"].values.tolist(), strict=True):
        own = dataset["path"].sel(pairing=pairing).values
        axes.plot(own[:, :, 0], own[:, :, 1], color=PAIRINGS[pairing], lw=0.8)
        axes.plot(*own[0].T, ".", ms=4, color=GREY, label="start")
        axes.plot(*own[-1].T, ".", ms=4, color=PAIRINGS[pairing], label="end")
        axes.plot(*dataset["exact"].values.T, "o", ms=5, mfc="none", color=BLACK, mew=0.7, label="exact map")
        axes.set(title=f"{pairing} pairs", xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
        axes.set(xlim=(-limit, limit), ylim=(-limit, limit))
    panels[0].legend(fontsize=6, loc="upper left")
    for pairing, own in errors.groupby("pairing", sort=False):
        last.plot(own["batch_size"], own["error"], "o", ms=4, color=PAIRINGS[pairing], label=f"{pairing} pairs")
    last.set(xscale="log", xlabel="batch", ylabel="error over what the map adds", ylim=(0.0, None))
    sizes = sorted(errors["batch_size"].unique())
    last.set_xticks(sizes, [str(size) for size in sizes])
    last.xaxis.set_minor_locator(NullLocator())
    last.legend(fontsize=7)
    return stamp(figure, footer)
