"""The default route's sections of the page of results."""

import pandas as pd

from fullfield.pipeline.results_page import Section, Slots, Source, Tables, blocks, records

METHOD = ("method", "compressor")
SHOWN_SHARE = 0.01
"""Rules that took less of the time are not shown."""


def _mixture(shifts: pd.DataFrame) -> pd.DataFrame:
    return shifts[shifts["estimator_seed"].astype(str) == "all"]


def agreement(tables: Tables) -> Slots:
    """Return one row per observation and method, and for every method its mean over observations and its extremes."""
    main = tables["main"]
    methods = [labels | _over_observations(rows) for labels, rows in blocks(main, METHOD)]
    return {"rows": records(main), "methods": methods, "several": main["observation"].nunique() > 1}


def _over_observations(rows: pd.DataFrame) -> Slots:
    return {
        "num_observations": len(rows),
        "c2st": rows["c2st"].mean(),
        "c2st_std": rows["c2st_std"].mean(),
        "c2st_null": rows["c2st_null"].mean(),
        "c2st_shifted": rows["c2st_shifted"].mean(),
        "num_seeds": int(rows["num_seeds"].max()),
        "num_rows": int(rows["num_rows"].min()),
        "null_rows": int(rows["null_rows"].min()),
        "mahalanobis": rows["mahalanobis"].max(),
        "largest_shift": rows["largest_shift"].max(),
        "smallest_width": rows["smallest_width"].min(),
        "largest_width": rows["largest_width"].max(),
        "sbc_inside": bool(rows["sbc_inside"].all()),
        "tarp_inside": bool(rows["tarp_inside"].all()),
        "simulations": int(rows["simulations"].max()),
        "gradients": int(rows["gradients"].max()),
        "reference_gradients": rows["reference_gradients"].mean(),
    }


def parameters(tables: Tables) -> Slots:
    """Return mean and limits of the reference, shift and width of every method, by observation and parameter."""
    keys = ["observation", "parameter"]
    posteriors = tables["posteriors"]
    reference = posteriors[posteriors["method"] == "reference"]
    merged = tables["shifts"].merge(reference.drop(columns="method"), on=keys, how="left", suffixes=("", "_reference"))
    return {"groups": [labels | {"rows": records(rows)} for labels, rows in blocks(merged, METHOD)]}


def calibration(tables: Tables) -> Slots:
    """Return, for every method and test, how many curves lie inside the bands and the smallest p-value."""
    rows = [
        labels
        | {
            "inside": int(tests["inside"].sum()),
            "num_tests": len(tests),
            "p_value": tests["p_value"].min(),
            "num_observations": int(tests["num_observations"].iloc[0]),
            "num_draws": int(tests["num_draws"].iloc[0]),
        }
        for labels, tests in blocks(tables["calibration"], (*METHOD, "test"))
    ]
    return {"rows": rows, "predictive": records(tables["predictive"]) if "predictive" in tables else []}


def reference(tables: Tables) -> Slots:
    """Return R-hat, effective sample sizes and cost of the chains of every observation."""
    rows = [
        labels
        | {
            "rhat": chains["rhat"].max(),
            "ess": chains[["ess_bulk", "ess_tail"]].min(axis=None),
            **{name: chains[name].iloc[0] for name in ("num_chains", "num_draws", "gradients", "warmup_gradients")},
            "divergent_percent": 100.0 * chains["divergent_fraction"].max(),
        }
        for labels, chains in blocks(tables["convergence"], ("observation",))
    ]
    return {"rows": rows}


def information(tables: Tables) -> Slots:
    """Return figures of merit of cheaper likelihoods, in percent of the full field's, with the planes as columns."""
    merit = tables["merit"]
    others = merit[merit["method"] != "reference"]
    planes = [labels for labels, _ in blocks(others, ("first", "second"))]
    rows = [labels | {"cells": records(cells)} for labels, cells in blocks(others, ("observation", "method"))]
    return {"planes": planes, "rows": rows}


def cost(tables: Tables) -> Slots:
    """Return simulations and gradients of every stage, and what tells the stages apart."""
    table = tables["cost"]
    numbers = [name for name in ("simulations", "gradients", "published_count") if name in table]
    labels = [name for name in table if name not in (*numbers, "scale")]
    return {"labels": labels, "numbers": numbers, "rows": records(table), "total": table[numbers].sum().to_dict()}


def theory(tables: Tables) -> Slots:
    """Return the errors of the surrogate, the worst over spectra and over shifts."""
    table = tables["surrogate"]
    kind = table["pair"].str.startswith("shift").map({True: "shifts", False: "spectra"})
    columns = ["median", "q95", "q99", "max"]
    return {"rows": records(table.groupby(kind)[columns].max().loc[["spectra", "shifts"]].reset_index(names="kind"))}


def acceptance(tables: Tables) -> Slots:
    """Return the checks that the scale enforces, with their outcome."""
    table = tables["acceptance"]
    return {"rows": records(table), "num_failed": int((~table["passed"].astype(bool)).sum())}


def timings(tables: Tables) -> Slots:
    """Return wall time, CPU time and memory by rule, and their sums."""
    table = tables["timings"]
    table = table.sort_values("wall_seconds", ascending=False)
    total = table[["wall_seconds", "cpu_seconds"]].sum()
    return {
        "rows": records(table[table["wall_seconds"] >= SHOWN_SHARE * total["wall_seconds"]]),
        "wall_hours": total["wall_seconds"] / 3600,
        "cpu_hours": total["cpu_seconds"] / 3600,
        "num_jobs": int(table["num_jobs"].sum()),
        "peak_gb": table["peak_memory_mb"].max() / 1000,
    }


def timings_by_rule(table: pd.DataFrame, rules: list[str]) -> pd.DataFrame:
    """Return one row per rule from one per job, whose name begins with that of its rule.

    Returns
    -------
    DataFrame
        Columns rule, num_jobs, wall_seconds and cpu_seconds (sums) and peak_memory_mb (the largest).
    """
    longest = sorted(rules, key=len, reverse=True)
    rule = table["job"].map(lambda job: next((one for one in longest if job == one or job.startswith(f"{one}_")), job))
    return (
        table.groupby(rule.rename("rule"))
        .agg(
            num_jobs=("job", "size"),
            wall_seconds=("wall_seconds", "sum"),
            cpu_seconds=("cpu_seconds", "sum"),
            peak_memory_mb=("peak_memory_mb", "max"),
        )
        .reset_index()
    )


FIGURES = {
    "contours": ("figures/{observation}_contours_main.png",),
    "maps": ("figures/{observation}_maps.png",),
}
SECTIONS = {
    "agreement": Section({"main": Source("tables/main.csv")}, agreement, ("main",), figures=FIGURES),
    "parameters": Section(
        {"shifts": Source("tables/shifts.csv", _mixture), "posteriors": Source("tables/posteriors.csv")},
        parameters,
        ("shifts", "posteriors"),
    ),
    "calibration": Section(
        {"calibration": Source("tables/calibration.csv"), "predictive": Source("tables/predictive.csv")},
        calibration,
        ("calibration",),
    ),
    "reference": Section({"convergence": Source("tables/convergence.csv")}, reference, ("convergence",)),
    "information": Section({"merit": Source("tables/merit.csv")}, information, ("merit",)),
    "theory": Section({"surrogate": Source("tables/surrogate.csv")}, theory, ("surrogate",)),
    "cost": Section({"cost": Source("tables/cost.csv")}, cost, ("cost",)),
    "acceptance": Section({"acceptance": Source("tables/acceptance.csv")}, acceptance, ("acceptance",)),
    "timings": Section({"timings": Source("tables/timings.csv")}, timings, ("timings",)),
}
"""By name of their template below workflow/report/results, in the order of the page; studies add theirs."""
