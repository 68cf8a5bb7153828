"""The section of the page of results on samplers: what an effective draw costs, and whether they agree."""

import pandas as pd

from fullfield.pipeline.results_page import Section, Slots, Source, Tables, blocks, records


def slots(tables: Tables) -> Slots:
    """Return what the template asks for: all samplers where they have been run, else those of the default run."""
    extent = "full" if {"full_samplers", "full_agreement"} <= set(tables) else "reduced"
    samplers, agreement = tables[f"{extent}_samplers"], tables[f"{extent}_agreement"]
    worst = agreement.loc[agreement["largest_pull"].idxmax()]
    return {
        "extent": extent,
        "rows": records(samplers),
        "worst": worst.to_dict(),
        "largest_null_pull": agreement["null_pull"].max(),
        "num_pairs": len(agreement),
        "calibration": _calibration(tables["full_calibration"]) if "full_calibration" in tables else [],
    }


def _calibration(table: pd.DataFrame) -> list[Slots]:
    facts = ("num_pixels", "num_observations", "num_slow")
    return [
        labels
        | {"inside": int(rows["inside"].sum()), "num_tests": len(rows), "p_value": rows["p_value"].min()}
        | {name: int(rows[name].iloc[0]) for name in facts}
        for labels, rows in blocks(table, ["test"])
    ]


SECTION = Section(
    {
        "reduced_samplers": Source("tables/samplers.csv"),
        "reduced_agreement": Source("tables/agreement.csv"),
        "full_samplers": Source("explicit/{observation}/samplers_all.csv"),
        "full_agreement": Source("explicit/{observation}/agreement_all.csv"),
        "full_calibration": Source("explicit/calibration.csv"),
    },
    slots,
    ("reduced_samplers", "reduced_agreement"),
)
