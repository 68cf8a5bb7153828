"""The section of the page of results on random fields: what summaries keep, and what inference makes of them."""

import pandas as pd

from fullfield.pipeline.results_page import Section, Slots, Source, Tables, records
from fullfield.studies.imnn.figures import FIELD_NAMES, stage_name

TABLES = ("information", "posteriors", "acceptance", "calibration", "convergence")
EXTENTS = ("full", "reduced")
PUBLISHED = {"ln_det": 13.78, "proper": 16.68, "num_pixels": 128}
"""Information that Makinen et al. (2021, arXiv:2107.07405) give for their Gaussian field as theoretical, and that of a
proper field of that size."""


def slots(tables: Tables) -> Slots:
    """Return what the template asks for: the full study where it has been run, else what the default run shows."""
    extent = next(extent for extent in EXTENTS if f"{extent}_posteriors" in tables)
    own = {name: tables[f"{extent}_{name}"] for name in TABLES}
    return {
        "extent": extent,
        "num_pixels": int(own["information"]["num_pixels"].iloc[0]),
        "num_draws": int(own["posteriors"]["num_draws"].iloc[0]),
        "num_targets": int(own["posteriors"]["num_observations"].iloc[0]),
        "information": [_named(row) | {"stage": stage_name(row["stage"])} for row in records(own["information"])],
        "posteriors": [_named(row) for row in records(own["posteriors"])],
        "losses": _losses(own["information"], own["posteriors"]),
        "acceptance": [_named(row) for row in _best(own["acceptance"])],
        "calibration": [_named(row) for row in records(own["calibration"])],
        "chains": _chains(own["convergence"]),
        "published": PUBLISHED,
    }


def _named(row: Slots) -> Slots:
    return row | {"field": FIELD_NAMES[row["field"]]}


def _losses(information: pd.DataFrame, posteriors: pd.DataFrame) -> list[Slots]:
    """Return, by field, what the summary loses at its last point, and what estimation from the exact score loses.

    Only of fields that this has been done for.
    """
    rows = []
    for field, own in information[information["summary"] == "imnn"].groupby("field", sort=False):
        last = own.sort_values("stage").iloc[-1]
        of_field = posteriors[(posteriors["field"] == field) & (posteriors["method"] == "delfi")]
        of_score = of_field[of_field["summary"] == "score"]
        if of_score.empty:
            continue
        inference = of_score.iloc[0]
        row = {"field": field, "summary": last["lost"], "summary_error": last["lost_error"]}
        rows.append(_named(row | {"inference": inference["lost"], "inference_error": inference["lost_error"]}))
    return rows


def _chains(convergence: pd.DataFrame) -> Slots:
    """Return the worst of all chains of the last round, and of those before."""
    is_last = convergence["round"] == convergence["round"].max()
    last, before = convergence[is_last], convergence[~is_last]
    return {
        "rhat": last["rhat"].max(),
        "ess": last["ess"].min(),
        "rhat_before": before["rhat"].max(),
        "ess_before": before["ess"].min(),
    }


def _best(acceptance: pd.DataFrame) -> list[Slots]:
    """Return the smallest accepted share of each field and summary, and what would be needed."""
    smallest = acceptance.loc[acceptance.groupby(["field", "summary"], sort=False)["fraction"].idxmin()]
    return records(smallest)


SECTION = Section(
    {f"{extent}_{name}": Source(f"../imnn/{extent}/{name}.csv") for extent in EXTENTS for name in TABLES},
    slots,
    tuple(f"reduced_{name}" for name in TABLES),
    figures={
        f"imnn_{name}": tuple(f"../imnn/{extent}/figures/{file}.png" for extent in EXTENTS)
        for name, file in (
            ("training", "training"),
            ("estimates", "estimates"),
            ("contours", "contours_gaussian"),
            ("rejection", "rejection"),
        )
    },
)
