"""The section of the page of results on samplers: what an effective draw costs, and whether they agree."""

import pandas as pd

from fullfield.metrics.repeats import holm
from fullfield.pipeline.results_page import Section, Slots, Source, Tables, blocks, records

MAP_SIZES = ("small", "full")


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
        "errors": [_errors(tables, size) for size in MAP_SIZES if {f"{size}_pulls", f"{size}_scatter"} <= set(tables)],
    }


def _errors(tables: Tables, size: str) -> Slots:
    """Return, for maps of one size, the pulls of every pair of samplers and the scatter of every sampler's chains."""
    pulls, scatter = tables[f"{size}_pulls"], tables[f"{size}_scatter"]
    adjusted = {name: holm(pulls[name].to_numpy()) for name in ("p_mean", "p_rms")}
    pairs = [
        labels
        | {"mean_pull": rows.loc[rows["mean_pull"].abs().idxmax(), "mean_pull"]}
        | {"smallest_rms": rows["rms_pull"].min(), "largest_rms": rows["rms_pull"].max()}
        | {name: values[rows.index].min() for name, values in adjusted.items()}
        for labels, rows in blocks(pulls, ["first", "second"])
    ]
    samplers = [
        labels | {"smallest": rows["ratio"].min(), "largest": rows["ratio"].max(), "error": rows["error"].max()}
        for labels, rows in blocks(scatter, ["sampler"])
    ]
    facts = {name: int(pulls[name].iloc[0]) for name in ("num_pixels", "num_observations")}
    return facts | {"pairs": pairs, "samplers": samplers}


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
    }
    | {
        f"{size}_{table}": Source(f"explicit/errors/{size}_{table}.csv")
        for size in MAP_SIZES
        for table in ("pulls", "scatter")
    },
    slots,
    ("reduced_samplers", "reduced_agreement"),
)
