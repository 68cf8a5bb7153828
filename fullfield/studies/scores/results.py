"""The section of the page of results on scores: where they help, by how much, and where they do not."""

import pandas as pd

from fullfield.pipeline.results_page import Section, Slots, Source, Tables, blocks, records
from fullfield.studies.scores import tables as study_tables
from fullfield.studies.scores.cases import NONE
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
    noise = pd.concat([tables[f"{part}_noise"] for part in ours]).drop_duplicates(["case", "kind"])
    fields = tables.get("score_fields")
    return {
        "confidence": study_tables.CONFIDENCE * 100,
        "is_reduced": ours == ["reduced"],
        "rows": rows,
        "verdicts": [_verdict(labels, cells) for labels, cells in blocks(differences, ["case", "method", "kind"])],
        "published": [_published(tables[f"{part}_curves"]) for part in sorted(CONTEXT) if f"{part}_curves" in tables],
        "noise": [row | {"case": CASE_NAMES[row["case"]]} for row in records(noise[noise["noise_fraction"] > 0])],
        "fields": [] if fields is None else _fields(fields),
    }


def _rows(curves: pd.DataFrame, differences: pd.DataFrame) -> list[Slots]:
    """Return, for each task, method and number of simulations, C2ST by kind and what scores change."""
    rows = []
    for labels, cells in blocks(curves, KEYS):
        change = differences
        for name, value in labels.items():
            change = change[change[name] == value]
        by_kind = {row["kind"]: row for row in records(cells)}
        for row in records(change[change["quantity"] == "median_log_prob"]):
            by_kind[row["kind"]] |= {"gain": row["difference"], "low": row["family_low"], "high": row["family_high"]}
        names = {"case": CASE_NAMES[labels["case"]], "method": labels["method"].upper()}
        rows.append(labels | names | {"alone": by_kind.pop(NONE), "kinds": list(by_kind.values())})
    return rows


def _verdict(labels: Slots, cells: pd.DataFrame) -> Slots:
    """Return at which numbers of simulations scores help and hurt, beyond the limits of the whole family."""
    gains = cells[cells["quantity"] == "median_log_prob"].dropna(subset=["difference"])
    tests = cells[cells["quantity"] == "c2st"].dropna(subset=["difference"])
    return labels | {
        "case": CASE_NAMES[labels["case"]],
        "method": labels["method"].upper(),
        "helps": gains.loc[gains["family_low"] > 0, "num_simulations"].tolist(),
        "hurts": gains.loc[gains["family_high"] < 0, "num_simulations"].tolist(),
        "c2st_falls": tests.loc[tests["family_high"] < 0, "num_simulations"].tolist(),
        "c2st_rises": tests.loc[tests["family_low"] > 0, "num_simulations"].tolist(),
        "largest_c2st": tests["high"].max() if len(tests) else None,
    }


def _published(curves: pd.DataFrame) -> list[Slots]:
    """Return C2ST by the published protocol, and the published value."""
    known = study_tables.published().rename(columns={"c2st": "published"})
    merged = curves.merge(known, how="left", on=study_tables.CELL)
    return [row | {"case": CASE_NAMES[row["case"]], "method": row["method"].upper()} for row in records(merged)]


def _fields(table: pd.DataFrame) -> list[Slots]:
    rows = []
    for labels, cells in blocks(table, ["flow", "kind"]):
        means = {f"{name}": cells[name].mean() for name in ("log_prob", "score_error")}
        errors = {f"{name}_spread": cells[name].sem() for name in ("log_prob", "score_error")}
        rows.append(labels | means | errors | {"num_seeds": len(cells)})
    return rows


def _sources() -> dict[str, Source]:
    named = {
        f"{part}_{table}": Source(f"../scores/{part}_{table}.csv")
        for part in PARTS
        for table in ("curves", "differences", "noise")
    }
    return named | {"score_fields": Source("../scores/score_fields.csv")}


SECTION = Section(
    _sources(),
    slots,
    ("reduced_curves", "reduced_differences", "reduced_noise"),
    figures={
        "scores": tuple(f"../scores/figures/scores_{part}.png" for part in ("full", "reduced")),
        "score_fields": ("../scores/figures/score_fields.png",),
        "score_gains": ("../scores/figures/score_gains.png",),
    },
)
