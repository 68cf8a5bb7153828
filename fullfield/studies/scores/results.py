"""The section of the page of results on scores: where they help, by how much, and where they do not."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fullfield.pipeline.results_page import Section, Slots, Source, Tables, blocks, fixed, records
from fullfield.studies.scores import tables as study_tables
from fullfield.studies.scores.cases import NONE
from fullfield.studies.scores.field_figures import NAMES as FLOW_NAMES
from fullfield.studies.scores.figures import CASE_NAMES
from fullfield.studies.scores.settings import PARTS

KEYS = ["case", "method", "num_simulations"]
CONTEXT = {"published", "benchmark"}
"""Parts that are judged by the two-sample test of the published values."""


def slots(tables: Tables) -> Slots:
    """Return what the template asks for: all parts that have been run, the reduced one where there is no other."""
    ours = [part for part in PARTS if f"{part}_curves" in tables and part not in CONTEXT]
    ours = [part for part in ours if part != "reduced" or len(ours) == 1]
    curves, differences = (pd.concat([tables[f"{part}_{name}"] for part in ours]) for name in ("curves", "differences"))
    rows = _rows(curves, differences)
    noise, costs = (_of_banks(tables, ours, name) for name in ("noise", "costs"))
    fields = tables.get("score_fields")
    return {
        "confidence": study_tables.CONFIDENCE * 100,
        "is_reduced": ours == ["reduced"],
        "rows": rows,
        "verdicts": [_verdict(labels, cells) for labels, cells in blocks(differences, ["case", "method", "kind"])],
        "published": [
            row
            for part in PARTS
            if part in CONTEXT and f"{part}_curves" in tables
            for row in _published(tables[f"{part}_curves"])
        ],
        "noise": [row | {"case": CASE_NAMES[row["case"]]} for row in records(noise[noise["noise_fraction"] > 0])],
        "costs": [row | {"case": CASE_NAMES[row["case"]]} for row in records(costs)],
        "fields": [] if fields is None else _fields(fields),
    }


def _of_banks(tables: Tables, parts: Sequence[str], name: str) -> pd.DataFrame:
    """Return what is told of simulations: once where parts stand on the same ones, and of the reduced part, too."""
    named = [tables[f"{part}_{name}"] for part in dict.fromkeys((*parts, "reduced")) if f"{part}_{name}" in tables]
    rows = pd.concat(named)
    return rows.drop_duplicates([column for column in ("case", "kind") if column in rows])


def _rows(curves: pd.DataFrame, differences: pd.DataFrame) -> list[Slots]:
    """Return, for each task, method and number of simulations, C2ST by kind and what scores change."""
    rows = []
    for labels, cells in blocks(curves, KEYS):
        of_case = curves[(curves["case"] == labels["case"]) & (curves["method"] == labels["method"])]
        change = differences
        for name, value in labels.items():
            change = change[change[name] == value]
        by_kind = {row["kind"]: row | {"worth": _spelled_worth(row["worth"], of_case)} for row in records(cells)}
        for row in records(change[change["quantity"] == "median_log_prob"]):
            by_kind[row["kind"]] |= {"gain": row["difference"], "low": row["family_low"], "high": row["family_high"]}
        names = {"case": CASE_NAMES[labels["case"]], "method": labels["method"].upper()}
        rows.append(labels | names | {"alone": by_kind.pop(NONE), "kinds": list(by_kind.values())})
    return rows


def _verdict(labels: Slots, cells: pd.DataFrame) -> Slots:
    """Return at which numbers of simulations scores help and hurt, beyond the limits of the whole family."""
    found = {}
    for quantity, rows in cells.dropna(subset=["family_low"]).groupby("quantity"):
        # Where fewer seeds are compared than elsewhere, limits are too wide to tell.
        rows = rows[rows["num_seeds"] == rows["num_seeds"].max()]
        found[quantity] = {
            "sizes": rows["num_simulations"].tolist(),
            "rises": rows.loc[rows["family_low"] > 0, "num_simulations"].tolist(),
            "falls": rows.loc[rows["family_high"] < 0, "num_simulations"].tolist(),
            "high": rows["family_high"].max(),
            "num_seeds": int(rows["num_seeds"].max()),
        }
    names = {"case": CASE_NAMES[labels["case"]], "method": labels["method"].upper()}
    return labels | names | {"found": found}


def _spelled_worth(worth: float | None, curves: pd.DataFrame) -> str:
    """Return a number of simulations in words; beyond those that were fitted, which end it lies at."""
    if worth is None or np.isnan(worth):
        return ""
    sizes = curves["num_simulations"]
    return {0.0: f"< {fixed(sizes.min())}", np.inf: f"> {fixed(sizes.max())}"}.get(worth, fixed(worth))


def _published(curves: pd.DataFrame) -> list[Slots]:
    """Return C2ST by the published protocol, and the published values without scores and with them."""
    known = study_tables.published().pivot(index=KEYS, columns="kind", values="c2st").add_prefix("published_")
    merged = curves.merge(known, how="left", left_on=KEYS, right_index=True)
    return [row | {"case": CASE_NAMES[row["case"]], "method": row["method"].upper()} for row in records(merged)]


def _fields(table: pd.DataFrame) -> list[Slots]:
    rows = []
    for labels, cells in blocks(table, ["flow", "kind"]):
        means = {name: cells[name].mean() for name in ("log_prob", "score_error")}
        errors = {f"{name}_error": cells[name].sem() for name in ("log_prob", "score_error")}
        rows.append(labels | means | errors | {"flow": FLOW_NAMES[labels["flow"]]})
    return rows


def _sources() -> dict[str, Source]:
    named = {
        f"{part}_{table}": Source(f"../scores/{part}_{table}.csv")
        for part in PARTS
        for table in ("curves", "differences", "noise", "costs")
    }
    return named | {"score_fields": Source("../scores/score_fields.csv")}


SECTION = Section(
    _sources(),
    slots,
    ("reduced_curves", "reduced_differences", "reduced_noise", "reduced_costs"),
    figures={
        "scores": tuple(f"../scores/figures/scores_{part}.png" for part in ("full", "reduced")),
        "score_fields": ("../scores/figures/score_fields.png",),
        "score_gains": ("../scores/figures/score_gains.png",),
    },
)
