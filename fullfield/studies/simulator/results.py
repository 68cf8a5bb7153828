"""The section of the page of results on the simulator: maps against the theory, and time per map."""

import pandas as pd

from fullfield.pipeline.results_page import Section, Slots, Source, Tables, blocks, records


def slots(tables: Tables) -> Slots:
    """Return what the template asks for; the tables of the full study are extra."""
    checks = tables["checks"]
    return {
        "rows": records(checks),
        "num_simulations": int(checks["num_simulations"].iloc[0]),
        "posteriors": _posteriors(tables["theory_posteriors"]) if "theory_posteriors" in tables else None,
        "scores": records(tables["theory_scores"]) if "theory_scores" in tables else [],
        "times": _times(tables["benchmark"]) if "benchmark" in tables else None,
    }


def _posteriors(table: pd.DataFrame) -> Slots:
    return {
        "largest_shift": table["shift_sigma"].abs().max(),
        "smallest_width": table["width_ratio"].min(),
        "largest_width": table["width_ratio"].max(),
        "num_draws": int(table["num_draws"].iloc[0]),
        "weight_ess": table["weight_ess"].min(),
    }


def _times(table: pd.DataFrame) -> Slots:
    rows = [labels | {"cells": records(cells)} for labels, cells in blocks(table, ["num_pixels"])]
    return {"quantities": list(table["quantity"].unique()), "rows": rows}


SECTION = Section(
    {
        "checks": Source("tables/simulator.csv"),
        "theory_posteriors": Source("simulator/theory_posteriors.csv"),
        "theory_scores": Source("simulator/theory_scores.csv"),
        "benchmark": Source("simulator/benchmark.csv"),
    },
    slots,
    ("checks",),
)
