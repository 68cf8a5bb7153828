"""The section of the page of results on losses: what each summary keeps."""

import pandas as pd

from fullfield.metrics.repeats import mean_and_error
from fullfield.pipeline.results_page import Section, Slots, Source, Tables, blocks, records
from fullfield.studies.losses.recipes import BASELINES, is_fiducial
from fullfield.studies.losses.verdicts import against_full_field

EXTENTS = ("full", "reduced")
PLANE = ["first", "second"]
UNTRAINED = ("moped", "gaussian_score")
"""Summaries that follow from their simulations at once: their trainings differ in NPE alone."""
NOT_CALIBRATED = dict.fromkeys(("num_calibrated", "sbc_inside", "tarp_inside", "smallest_p_value"))
"""What the default run does not know of the standard analyses."""
KINDS = ("close", "open", "short", "narrow")
REQUIRED = ("reduced_losses", "reduced_merit", "reduced_ordering")


def over_repeats(merit: pd.DataFrame) -> pd.DataFrame:
    """Return means of percentages over seeds and observations, with their errors, by summary, size and plane.

    Parameters
    ----------
    merit
        As `tables.merit_rows` returns it.

    Returns
    -------
    DataFrame
        Columns summary, size, first, second, percent, error, num_seeds, num_observations.
    """
    rows = []
    for labels, own in blocks(merit, ["summary", "size", *PLANE]):
        grid = own.pivot(index="seed", columns="observation", values="percent")
        percent, error = mean_and_error(grid.to_numpy())
        sizes = {"num_seeds": grid.shape[0], "num_observations": grid.shape[1]}
        rows.append(labels | {"percent": percent, "error": error} | sizes)
    return pd.DataFrame(rows)


def slots(tables: Tables) -> Slots:
    """Return what the template asks for, of the full study where there are its tables, else of the reduced one."""
    extent = next(extent for extent in EXTENTS if f"{extent}_losses" in tables)
    losses, merit = tables[f"{extent}_losses"], tables[f"{extent}_merit"]
    names = list(dict.fromkeys(losses["summary"]))
    facts = {
        "extent": extent,
        "facts": records(losses)[0],
        "at_fiducial": [name for name in names if is_fiducial(name)],
        "on_others": [name for name in names if name in BASELINES],
        "informed": _study("informed", tables) if "informed_losses" in tables else None,
        "explicit": [NOT_CALIBRATED | row for row in records(tables.get(f"{extent}_explicit", pd.DataFrame()))],
        "sizes": _sizes(_in_plane(merit, {"first": merit["first"].iloc[0], "second": merit["second"].iloc[0]})),
        "fisher": _fisher(tables[f"{extent}_fisher"]) if f"{extent}_fisher" in tables else [],
        "moments": _moments(tables["moments"]) if "moments" in tables else [],
        "local": records(tables["local"]) if "local" in tables else [],
        "local_mean": _local(tables["local"]) if "local" in tables else {},
    }
    return facts | _study(extent, tables)


def _study(extent: str, tables: Tables) -> Slots:
    """Return the rows of a study's table, best first in the first plane, and what they say."""
    losses, merit, ordering = (tables[f"{extent}_{name}"] for name in ("losses", "merit", "ordering"))
    planes = [labels for labels, _ in blocks(merit, PLANE)]
    largest = merit[merit["size"] == merit["size"].max()]
    first = _in_plane(largest, planes[0]).sort_values("percent", ascending=False)
    return {
        "planes": planes,
        "num_seeds": int(merit["num_seeds"].iloc[0]),
        "num_observations": int(merit["num_observations"].iloc[0]),
        "size": int(merit["size"].max()),
        "rows": [_row(name, largest, losses, tables.get(f"{extent}_planes")) for name in first["summary"]],
    } | _verdicts(first, _in_plane(ordering, planes[0]))


def _in_plane(table: pd.DataFrame, plane: Slots) -> pd.DataFrame:
    return table[(table["first"] == plane["first"]) & (table["second"] == plane["second"])]


def _row(summary: str, merit: pd.DataFrame, losses: pd.DataFrame, published: pd.DataFrame | None) -> Slots:
    """Return a row of the table: a cell for every plane, what the paper found in the first, and all of `losses`."""
    own = merit[merit["summary"] == summary]
    found = None
    if published is not None:
        values = _in_plane(published[published["summary"] == summary], records(own)[0])["published"].dropna()
        found = values.iloc[0] if len(values) else None
    return records(losses[losses["summary"] == summary])[0] | {"cells": records(own), "published": found}


def _sizes(merit: pd.DataFrame) -> list[Slots]:
    """Return the percentages of every summary that was trained on several numbers of simulations."""
    swept = [(labels, rows.sort_values("size")) for labels, rows in blocks(merit, ["summary"]) if len(rows) > 1]
    return [labels | {"cells": records(rows)} for labels, rows in swept]


def _verdicts(first: pd.DataFrame, ordering: pd.DataFrame) -> Slots:
    """Return whether there are errors, which summaries may be sufficient, and which the best one is ahead of."""
    best = first["summary"].iloc[0]
    columns = first[["summary", "percent", "error"]].astype({"error": float}).itertuples(index=False)
    verdicts = {name: against_full_field(percent, error) for name, percent, error in columns}
    pairs = ordering[(ordering["summary"] == best) | (ordering["other"] == best)]
    rivals = [row | {"rival": row["other"] if row["summary"] == best else row["summary"]} for row in records(pairs)]
    return {
        "has_errors": bool(first["error"].notna().any()),
        "best": best,
        "verdicts": {kind: [name for name, one in verdicts.items() if one == kind] for kind in KINDS},
        "num_pairs": int(ordering["num_pairs"].iloc[0]) if len(ordering) else 0,
        "ahead": [row | {"difference": abs(row["difference"])} for row in rivals if row["separated"]],
        "equal": [row["rival"] for row in rivals if not row["separated"]],
    }


def _fisher(fisher: pd.DataFrame) -> list[Slots]:
    """Return ln det F of every summary, best first; trainings share the simulations, and so the larger error."""
    rows = [
        labels
        | {"value": own["ln_det_fisher"].mean(), "error": own["error"].max()}
        | {"is_trained": labels["summary"] not in UNTRAINED, "std": own["ln_det_fisher"].std(ddof=1)}
        | {"num_simulations": int(own["num_simulations"].iloc[0])}
        | {"gain": own["less_moped"].mean(), "gain_error": own["less_moped_error"].max()}
        for labels, own in blocks(fisher, ["summary"])
    ]
    return sorted(rows, key=lambda row: -row["value"])


def _local(local: pd.DataFrame) -> Slots:
    """Return means over the observations, and what of the distance to the full field is the summary's."""
    mean = local.mean(numeric_only=True)
    share = mean[["summary_low", "summary_high"]].mean() / mean[["lost_low", "lost_high"]].mean()
    facts = {"num_observations": len(local), "name": local["summary"].iloc[0]}
    facts |= {"is_saturated": bool(local["is_saturated"].all()), "outside_most": local["outside"].max()}
    return mean.to_dict() | facts | {"share_of_summary": share}


def _moments(moments: pd.DataFrame) -> list[Slots]:
    return [
        labels
        | {"mean": rows["information"].mean(), "std": rows["information"].std(ddof=1), "num_seeds": len(rows)}
        | {"exact": rows["exact"].iloc[0], "minimiser": rows["minimiser"].iloc[0]}
        for labels, rows in blocks(moments, ["loss"])
    ]


def _sources() -> dict[str, Source]:
    keeps = {"merit": over_repeats}
    names = ("losses", "merit", "planes", "ordering", "fisher", "explicit")
    return {
        f"{extent}_{name}": Source(f"losses/{extent}/tables/{name}.csv", *filter(None, [keeps.get(name)]))
        for extent in (*EXTENTS, "informed")
        for name in names
    }


FIGURES = {
    "losses_merit": tuple(f"figures/losses_{extent}_merit.png" for extent in EXTENTS),
    "losses_moments": ("figures/losses_moments.png",),
}
OTHER_TABLES = {"moments": Source("losses/moments.csv"), "local": Source("losses/full/tables/local_vmim.csv")}
SECTION = Section(_sources() | OTHER_TABLES, slots, REQUIRED, figures=FIGURES)
