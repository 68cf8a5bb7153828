"""The section of the page of results on emulators: how near their maps come, and the posteriors learned from them."""

import numpy as np
import pandas as pd

from fullfield.pipeline.results_page import Section, Slots, Source, Tables, records

EXTENTS = ("full", "reduced")
TABLES = ("statistics", "steps")
FIGURES = ("maps", "spectra", "training")


def slots(tables: Tables) -> Slots:
    """Return what the template asks for: the full study where it has been run, else what the default run shows."""
    extent = next(extent for extent in EXTENTS if f"{extent}_statistics" in tables)
    steps = tables[f"{extent}_steps"].set_index("emulator")["step_error"]
    posteriors = tables.get("full_posteriors")
    return {
        "extent": extent,
        "statistics": _statistics(tables[f"{extent}_statistics"]),
        "step_error": float(steps["emulated"]),
        "posteriors": [] if posteriors is None or extent != "full" else records(posteriors),
    }


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
        "full_posteriors": Source("../emulator/full/posteriors.csv"),
    },
    slots,
    tuple(f"reduced_{name}" for name in TABLES),
    figures={
        f"emulated_{name}": tuple(f"../emulator/{extent}/figures/{name}.png" for extent in EXTENTS) for name in FIGURES
    },
)
