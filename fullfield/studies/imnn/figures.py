"""Figures of the study: information against training, score estimates, fields, rejection."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from fullfield.plots.palette import BLACK, GREY, colour, label, seed_colour, spelled
from fullfield.plots.style import new_figure, stamp, styled
from fullfield.types import Float

FIELD_NAMES = {"gaussian": "Gaussian field", "lognormal": "lognormal field"}
STAGE_NAMES = {0: "first point"}
TOLERANCE = 0.12
"""Nats of ln det F of two parameters that keep error bars within 3 % on average."""


def stage_name(stage: int) -> str:
    """Return how legends call a training."""
    return STAGE_NAMES.get(stage, f"retrained, {stage}")


@styled
def training(history: pd.DataFrame, information: pd.DataFrame, *, footer: str) -> Figure:
    """Draw the information that is still missing against the training step, and what fresh simulations say at the end.

    Parameters
    ----------
    history
        field, stage, step, validation: -ln det F.
    information
        field, stage, summary, exact, ln_det_fisher, error, as `points.train_points` returns it.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        A panel for each field; zero is the exact information at each point.
    """
    fields = list(history["field"].unique())
    figure = new_figure(3.3 * len(fields) + 1.5, 2.7)
    panels = figure.subplots(1, len(fields), squeeze=False)[0]
    for axes, field in zip(panels, fields, strict=True):
        for stage, curve in history[history["field"] == field].groupby("stage"):
            of_stage = (information["field"] == field) & (information["stage"] == stage)
            [row] = information[of_stage & (information["summary"] == "imnn")].to_dict("records")
            paint = seed_colour(int(stage))
            axes.plot(curve["step"], -curve["validation"] - row["exact"], color=paint, label=stage_name(int(stage)))
            place = curve["step"].max() * (1.03 + 0.02 * stage)
            missing = row["ln_det_fisher"] - row["exact"]
            axes.errorbar(place, missing, yerr=row["error"], fmt="o", ms=4, capsize=2, color=paint)
        axes.axhline(0.0, color=BLACK, lw=0.9)
        axes.axhline(-TOLERANCE, color=GREY, ls=":", lw=1.0, label="3 % wider")
        axes.set(title=FIELD_NAMES[field], xlabel="training step")
    panels[0].set_ylabel(r"$\ln\det F$ less the exact one")
    panels[-1].legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return stamp(figure, footer)


@styled
def estimates(table: pd.DataFrame, *, footer: str) -> Figure:
    """Draw score estimates of targets at each stage, the truth, and where the summary was trained.

    Parameters
    ----------
    table
        field, stage, summary, target, parameter, truth, estimate, point: that parameter of the point.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        A row for each field, a column for each parameter: filled markers of the network, hollow ones of the exact
        score.
    """
    fields = list(table["field"].unique())
    figure = new_figure(6.6, 2.2 * len(fields) + 0.3)
    panels = figure.subplots(len(fields), 2, squeeze=False)
    for row, field in zip(panels, fields, strict=True):
        own = table[table["field"] == field]
        for axes, (name, values) in zip(row, own.groupby("parameter", sort=False), strict=True):
            _estimates(axes, values)
            axes.set_ylabel(label(name))
            axes.set_title(FIELD_NAMES[field])
    panels[0, 1].legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return stamp(figure, footer)


def _estimates(axes: Axes, values: pd.DataFrame) -> None:
    kinds = {"imnn": (-0.12, "o", None), "score": (0.12, "o", "none")}
    stages = sorted(values["stage"].unique().tolist())
    for kind, (shift, marker, face) in kinds.items():
        rows = values[values["summary"] == kind]
        paint = colour(kind)
        spread = np.linspace(-0.06, 0.06, rows["target"].nunique())[rows["target"].to_numpy()]
        places = rows["stage"] + shift + spread
        axes.plot(places, rows["estimate"], marker, ms=3, color=paint, mfc=face or paint, label=spelled(kind))
    points = values.groupby("stage")["point"].first()
    axes.plot(points.index, points, "_", ms=22, color=GREY, label="trained at")
    axes.axhline(values["truth"].iloc[0], color=BLACK, lw=0.9, ls="--", label="true value")
    axes.set_xticks(stages, [stage_name(stage) for stage in stages])
    axes.set_xlabel("training")
    axes.set_xlim(min(stages) - 0.5, max(stages) + 0.5)


@styled
def fields(examples: Mapping[str, Float[np.ndarray, "example n n"]], *, footer: str) -> Figure:
    """Draw some targets of each field; lognormal ones as ln(1 + x)."""
    num = len(next(iter(examples.values())))
    figure = new_figure(1.9 * num + 1.0, 1.9 * len(examples))
    panels = figure.subplots(len(examples), num, squeeze=False)
    for row, (name, maps) in zip(panels, examples.items(), strict=True):
        shown = np.log1p(maps) if name == "lognormal" else maps
        for axes, one in zip(row, shown, strict=True):
            image = axes.imshow(one, vmin=shown.min(), vmax=shown.max(), origin="lower")
            axes.set(xticks=[], yticks=[])
        row[0].set_ylabel(FIELD_NAMES[name])
        quantity = r"$\ln(1 + \delta)$" if name == "lognormal" else "field"
        for index, axes in enumerate(row):
            axes.set_xlabel(f"target {index + 1}")
        figure.colorbar(image, ax=list(row), label=quantity, fraction=0.05)
    return stamp(figure, footer)


@styled
def rejection(acceptance: pd.DataFrame, posteriors: pd.DataFrame, *, footer: str) -> Figure:
    """Draw C2ST of rejection against the accepted fraction, beside sequential estimation.

    Parameters
    ----------
    acceptance, posteriors
        As the functions of `tables` of these names return them.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        A panel for each field; error bars over observations.
    """
    names: Sequence[str] = list(acceptance["field"].unique())
    figure = new_figure(3.0 * len(names) + 2.0, 2.6)
    panels = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
    for axes, field in zip(panels, names, strict=True):
        for kind, own in acceptance[acceptance["field"] == field].groupby("summary", sort=False):
            style = {"fmt": "-o", "ms": 3, "capsize": 2, "color": colour(kind)}
            axes.errorbar(own["fraction"], own["c2st"], yerr=own["c2st_error"], label=f"ABC, {spelled(kind)}", **style)
            chosen = (posteriors["field"] == field) & (posteriors["summary"] == kind)
            [row] = posteriors[chosen & (posteriors["method"] == "delfi")].to_dict("records")
            axes.axhline(row["c2st_few"], color=colour(kind), ls="--", label=f"DELFI, {spelled(kind)}")
        axes.axhline(0.5, color=GREY, ls=":", lw=1.0)
        axes.set(title=FIELD_NAMES[field], xscale="log", xlabel="accepted share of the simulations")
        shares = sorted(acceptance["fraction"].unique())
        axes.set_xticks(shares, [f"{share:.2g}" for share in shares], fontsize=7)
        axes.xaxis.set_minor_formatter(NullFormatter())
    panels[0].set_ylabel("C2ST against the exact posterior")
    panels[-1].legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return stamp(figure, footer)
