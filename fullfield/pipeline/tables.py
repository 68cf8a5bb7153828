"""Tables of a study, collected from the files of its stages: every number is measured, none typed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

COST_LABELS = ("stage", "compressor", "method", "observation")
"""What tells a row of the cost table from the others."""
COUNTS = ("simulations", "gradients")
IMPLICIT_STAGES = ("training", "inference", "observed")
"""Stages that an implicit method pays for: training of compressor and estimator, features of the observation."""


def collect(parts: Sequence[tuple[Mapping[str, str], pd.DataFrame]]) -> pd.DataFrame:
    """Stack tables, each with the keys of its file's name as leading columns.

    Parameters
    ----------
    parts
        Pairs (keys, table), such as ({"observation": "simulated", "method": "npe"}, table).

    Returns
    -------
    DataFrame
        One row per measurement.
    """
    labelled = [pd.concat([pd.DataFrame([keys] * len(table)), table], axis=1) for keys, table in parts]
    return pd.concat(labelled, ignore_index=True)


def cost_table(records: Sequence[tuple[Mapping[str, str], Mapping[str, Any]]]) -> pd.DataFrame:
    """Return distinct simulations and gradients of every stage.

    Files whose attribute ``split`` is the same stand on the same simulations, which are counted once, in a row without
    compressor that has the stage of the first of these files; gradients are counted with each file.

    Parameters
    ----------
    records
        Pairs (labels, attributes of a file): ``stage`` and, where they apply, the other names in `COST_LABELS`; the
        attributes with ``cost`` as `provenance` writes it.

    Returns
    -------
    DataFrame
        Columns stage, compressor, method, observation (empty where they do not apply), simulations, gradients,
        published_count (simulations + 2 gradients: how 2409.17975 counts). Stages that spent nothing have no row.
    """
    rows: dict[tuple[str, ...], np.ndarray] = {}
    shared: dict[str, tuple[dict[str, str], int]] = {}

    def add(labels: Mapping[str, str], simulations: int, gradients: int) -> None:
        key = tuple(labels.get(name, "") for name in COST_LABELS)
        rows[key] = rows.get(key, np.zeros(2, int)) + (simulations, gradients)

    for labels, attrs in records:
        simulations, gradients = (int(attrs["cost"][name]) for name in COUNTS)
        if split := attrs.get("split"):
            first, counted = shared.get(split, ({"stage": labels["stage"]}, 0))
            shared[split] = first, max(counted, simulations)
            add(first, shared[split][1] - counted, 0)
            simulations = 0
        add(labels, simulations, gradients)
    spent = [(*key, *counts) for key, counts in rows.items() if counts.any()]
    table = pd.DataFrame(spent, columns=[*COST_LABELS, *COUNTS]).astype(dict.fromkeys(COUNTS, int))
    return table.assign(published_count=table["simulations"] + 2 * table["gradients"])


def main_table(c2st: pd.DataFrame, shifts: pd.DataFrame, calibration: pd.DataFrame, cost: pd.DataFrame) -> pd.DataFrame:
    """Return the result of the study, one row per observation and method.

    Parameters
    ----------
    c2st, shifts, calibration, cost
        The collected tables of that name.

    Returns
    -------
    DataFrame
        C2ST against the reference (mean and standard deviation over estimator seeds) beside its null and its 0.25-sigma
        yardstick; Mahalanobis shift, largest parameter shift and extreme width ratios of the seeds' mixture; whether
        SBC (S8 included) and TARP stay inside their simultaneous 95 % bands; simulations and gradients of the implicit
        method, gradients of the reference.
    """
    keys = ["observation", "method", "compressor"]
    rows = []
    for values, tests in c2st.groupby(keys, sort=False):
        labels = dict(zip(keys, values, strict=True))
        moved = _select(shifts, labels | {"estimator_seed": "all"})
        calibrated = _select(calibration, {name: labels[name] for name in keys[1:]})
        rows.append(labels | _agreement(tests) | _moves(moved) | _calibrated(calibrated) | _costs(cost, labels))
    return pd.DataFrame(rows)


def _select(table: pd.DataFrame, values: Mapping[str, str]) -> pd.DataFrame:
    return table[np.logical_and.reduce([table[name].astype(str) == value for name, value in values.items()])]


def _agreement(tests: pd.DataFrame) -> dict[str, float]:
    method = tests[tests["comparison"] == "method"]["c2st"]
    single = tests.set_index("comparison")["c2st"]
    return {
        "c2st": method.mean(),
        "c2st_std": method.std(ddof=1) if len(method) > 1 else np.nan,
        "num_seeds": len(method),
        "num_rows": int(tests["num_rows"].iloc[0]),
        "c2st_null": single["null"],
        "c2st_shifted": single["shifted"],
        "null_rows": int(tests["num_rows"].iloc[-1]),
    }


def _moves(moved: pd.DataFrame) -> dict[str, float]:
    return {
        "mahalanobis": moved["mahalanobis"].iloc[0],
        "largest_shift": moved["shift_sigma"].abs().max(),
        "smallest_width": moved["width_ratio"].min(),
        "largest_width": moved["width_ratio"].max(),
    }


def _calibrated(calibration: pd.DataFrame) -> dict[str, bool]:
    by_test = calibration.groupby("test")["inside"].all()
    return {"sbc_inside": bool(by_test["sbc"]), "tarp_inside": bool(by_test.filter(like="tarp").all())}


def _costs(cost: pd.DataFrame, labels: Mapping[str, str]) -> dict[str, int]:
    applies = [cost[name].isna() | cost[name].isin(["", labels[name]]) for name in COST_LABELS[1:]]
    implicit = cost[np.logical_and.reduce([cost["stage"].isin(IMPLICIT_STAGES), *applies])]
    reference = _select(cost, {"stage": "reference", "observation": labels["observation"]})
    return {
        "simulations": int(implicit["simulations"].sum()),
        "gradients": int(implicit["gradients"].sum()),
        "reference_gradients": int(reference["gradients"].sum()),
    }
