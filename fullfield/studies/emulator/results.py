"""The section of the page of results on emulators: how near their maps come, and the posteriors learned from them."""

import numpy as np
import pandas as pd

from fullfield.metrics.repeats import mean_and_error
from fullfield.pipeline.results_page import Section, Slots, Source, Tables, records

EXTENTS = ("full", "reduced")
TABLES = ("statistics", "steps")
FIGURES = ("maps", "spectra", "training")
FULL_FIGURES = ("posteriors", "scaling", "contours")
FURTHER = {
    "full_posteriors": "full/posteriors.csv",
    "full_explicit": "full/explicit.csv",
    "controls_statistics": "controls/statistics.csv",
    "gaussian_errors": "control/errors.csv",
}
"""Of the full study and of its further targets, each of which may not have been made."""


def slots(tables: Tables) -> Slots:
    """Return what the template asks for: the full study where it has been run, else what the default run shows."""
    extent = next(extent for extent in EXTENTS if f"{extent}_statistics" in tables)
    steps = tables[f"{extent}_steps"].set_index("emulator")["step_error"]
    made = {name: tables[name] for name in FURTHER if name in tables and extent == "full"}
    return {
        "extent": extent,
        "statistics": _statistics(tables[f"{extent}_statistics"]),
        "step_error": float(steps["emulated"]),
        "posteriors": records(made["full_posteriors"]) if "full_posteriors" in made else [],
        "explicit": records(made["full_explicit"]) if "full_explicit" in made else [],
        "controls": _statistics(made["controls_statistics"]) if "controls_statistics" in made else [],
        "gaussians": _gaussians(made["gaussian_errors"]) if "gaussian_errors" in made else [],
    }


def _gaussians(table: pd.DataFrame) -> list[Slots]:
    """Return one row for each pairing and batch of the control between Gaussians."""
    rows = []
    for (pairing, batch_size), own in table.groupby(["pairing", "batch_size"], sort=False):
        value, error = mean_and_error(own["error"].to_numpy()[:, None])
        rows.append({"pairing": pairing, "batch_size": batch_size, "value": value, "error": error, "seeds": len(own)})
    return rows


def _statistics(table: pd.DataFrame) -> list[Slots]:
    """Return one row for each kind of maps."""
    rows = []
    for kind, own in table.groupby("kind", sort=False):
        parts = {statistic: part for statistic, part in own.groupby("statistic")}
        limit = own["half_nyquist"].iloc[0]
        row = {"kind": kind}
        for name, statistic in (("half", "spectrum"), ("correlation", "correlation")):
            nearest = parts[statistic].loc[(parts[statistic]["k"] - limit).abs().idxmin()]
            row |= {name: float(nearest["value"]), f"{name}_error": float(nearest["error"])}
        for name, statistic in (("below", "spectrum"), ("variance", "variance"), ("correlation_below", "correlation")):
            part = parts[statistic]
            row[name] = float(np.mean(part[part["k"] <= limit]["value"]))
        for name in ("skewness", "distance"):
            row |= {name: float(parts[name]["value"].iloc[0]), f"{name}_error": float(parts[name]["error"].iloc[0])}
        rows.append(row)
    return rows


SECTION = Section(
    {
        **{f"{extent}_{name}": Source(f"../emulator/{extent}/{name}.csv") for extent in EXTENTS for name in TABLES},
        **{name: Source(f"../emulator/{path}") for name, path in FURTHER.items()},
    },
    slots,
    tuple(f"reduced_{name}" for name in TABLES),
    figures={
        **{
            f"emulated_{name}": tuple(f"../emulator/{extent}/figures/{name}.png" for extent in EXTENTS)
            for name in FIGURES
        },
        **{f"emulated_{name}": (f"../emulator/full/figures/{name}.png",) for name in FULL_FIGURES},
        "emulated_paths": ("../emulator/control/figures/paths.png",),
    },
)
