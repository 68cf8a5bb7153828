"""The study of losses in a few sentences, every number from its tables."""

import html
from collections.abc import Sequence

import numpy as np
import pandas as pd

from fullfield.studies.losses.recipes import BASELINES, INFORMED, allowed
from fullfield.studies.losses.verdicts import GOAL, against_full_field

PLANE = ("Omega_c", "sigma8")
PUBLISHED_SIMULATIONS = 100_000
NAMES = {
    "mse": "MSE",
    "mae": "MAE",
    "gnll": "GNLL (mean)",
    "gnll_covariance": "GNLL (mean and covariance)",
    "vmim": "VMIM",
    "imnn": "IMNN",
    "moped": "MOPED",
    "power_spectrum": "VMIM on the power spectrum",
    "gaussian_score": "the score of a Gaussian field",
    "vmim_spectra": "VMIM on spectra and skew-spectra",
    "vmim_maps": "VMIM on maps and their features",
    "vmim_informed": "VMIM on field scores (likelihood-informed)",
    "vmim_informed_twice": "VMIM on field scores at two points (likelihood-informed)",
}


def findings(losses: pd.DataFrame, planes: pd.DataFrame, ordering: pd.DataFrame, scale: str, num_pixels: int) -> str:
    """Return the findings as a page of HTML.

    Parameters
    ----------
    losses, planes, ordering
        As `tables` returns them.
    scale, num_pixels
        For the headline.

    Returns
    -------
    str
        Paragraphs.
    """
    facts = losses.iloc[0]
    plane = planes[(planes["first"] == PLANE[0]) & (planes["second"] == PLANE[1])]
    largest = plane[plane["size"] == plane["size"].max()]
    seeds, observations = int(facts["num_seeds"]), int(facts["num_observations"])
    headline = (
        f"{scale} scale, {num_pixels} x {num_pixels} pixels, {_count(seeds, 'training')} of every loss, "
        f"{_count(observations, 'observation')} at the fiducial point."
    )
    parts = [
        headline,
        _merits(largest),
        _order(ordering),
        _information(losses),
        _calibration(losses),
        _enough(plane),
        _against_the_paper(largest),
    ]
    body = "\n".join(f"<p>{html.escape(part)}</p>" for part in parts if part)
    return f"<!doctype html>\n<meta charset='utf-8'>\n<title>Findings</title>\n<body style='max-width: 50em'>\n{body}\n"


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'s' * (number != 1)}"


def _spelled(name: str) -> str:
    for end, features in INFORMED.items():
        if name not in NAMES and name.endswith(end):
            loss = name.removesuffix(end)
            where = " at two points" if features.endswith("twice") else ""
            return f"{NAMES.get(loss, loss)} on field scores{where} (likelihood-informed)"
    return NAMES.get(name, name)


def _percent(mean: float, error: float) -> str:
    return f"{mean:.1f} ± {error:.1f} %" if np.isfinite(error) else f"{mean:.1f} % (no error bar)"


def _merits(largest: pd.DataFrame) -> str:
    ranked = largest.sort_values("percent", ascending=False)
    values = [
        f"{_spelled(row['summary'])} {_percent(row['percent'], row['error'])}" for row in ranked.to_dict("records")
    ]
    text = "Figure of merit in (Omega_c, sigma8), relative to the full field: " + "; ".join(values) + "."
    if not ranked["error"].notna().any():
        return text
    verdicts = [against_full_field(row["percent"], row["error"]) for row in ranked.to_dict("records")]
    parts = {
        "close": f"at least {GOAL:.0f} % at two errors",
        "open": "not told apart from the full field, but not shown to be that close",
        "short": "below the full field by two errors",
        "narrow": "narrower than the full field's, which no calibrated posterior is",
    }
    told = [
        f"{words}: {', '.join(map(_spelled, ranked['summary'][[one == kind for one in verdicts]])) or 'none'}"
        for kind, words in parts.items()
    ]
    return f"{text} {_first_up('; '.join(told))}."


def _order(ordering: pd.DataFrame) -> str:
    compared = set(allowed()) - set(BASELINES)
    is_loss = ordering["summary"].isin(compared) & ordering["other"].isin(compared)
    plane = ordering[is_loss & (ordering["first"] == PLANE[0]) & (ordering["second"] == PLANE[1])]
    if plane.empty:
        return ""
    if not plane["error"].notna().any():
        return "One training and one observation give no error bars: the order of the losses is not established here."
    pairs = {True: [], False: []}
    for row in plane.to_dict("records"):
        names = (row["summary"], row["other"]) if row["difference"] > 0 else (row["other"], row["summary"])
        words = f"{_spelled(names[0])} over {_spelled(names[1])}"
        pairs[row["separated"]].append(f"{words} ({abs(row['difference']):.1f} ± {row['error']:.1f})")
    separated = "; ".join(pairs[True]) or "none"
    return (
        "Pairs of trained summaries whose difference is not zero, in percentage points (p < 0.05, Holm's correction"
        f" for all {plane['num_pairs'].iloc[0]} pairs and planes): {separated}. "
        f"Not separated: {'; '.join(pairs[False]) or 'none'}."
    )


def _information(losses: pd.DataFrame) -> str:
    ranked = losses.sort_values("information", ascending=False)
    values = [
        f"{_spelled(row['summary'])} {row['information']:.2f}" + (_fractions(row) if row["fraction_low"] > 0 else "")
        for row in ranked.to_dict("records")
    ]
    text = f"Information over the whole prior, in nats, from {int(losses['num_test_simulations'].iloc[0])} simulations"
    if losses["fraction_low"].notna().any():
        first = losses.iloc[0]
        num_kept, num_slow = (int(losses[column].iloc[0]) for column in ("num_mocks", "num_slow_mocks"))
        text += (
            f", and as a fraction of what {num_kept} explicit posteriors over the prior find in the maps,"
            f" {first['maps_low']:.2f} to {first['maps_high']:.2f} ± {first['maps_error']:.2f}"
            f" ({num_slow} more, whose chains were too slow, are left out)"
        )
    error = losses["information_error"].max()
    return f"{text}: {'; '.join(values)}. All share a sampling error of {error:.2f} nats, which is common to them."


def _fractions(row: dict) -> str:
    low, high, error = (100.0 * row[f"fraction_{name}"] for name in ("low", "high", "error"))
    return f" ({low:.1f} to {high:.1f} ± {error:.1f} %)"


def _calibration(losses: pd.DataFrame) -> str:
    seeds = losses["num_seeds"]
    failed = losses[(losses["sbc_inside"] < seeds) | (losses["tarp_inside"] < seeds)]
    if failed.empty:
        return "Every summary's posterior stays inside the simultaneous 95 % bands of SBC and TARP, for every training."
    parts = [
        f"{_spelled(row['summary'])} (SBC {row['sbc_inside']} of {row['num_seeds']}, TARP {row['tarp_inside']})"
        for row in failed.to_dict("records")
    ]
    return f"Trainings inside the simultaneous 95 % bands of SBC and TARP: all, but for {'; '.join(parts)}."


def _enough(plane: pd.DataFrame) -> str:
    own = plane[plane["summary"] == "vmim"].sort_values("size")
    if len(own) < 2:
        return ""
    values = [f"{_percent(row['percent'], row['error'])} with {row['size']}" for row in own.to_dict("records")]
    is_close = [against_full_field(row["percent"], row["error"]) == "close" for row in own.to_dict("records")]
    # Of this size and all larger ones.
    reached = own["size"][np.logical_and.accumulate(is_close[::-1])[::-1]]
    verdict = (
        f"{GOAL:.0f} % is passed by two errors with {reached.min()} distinct simulations"
        if len(reached)
        else f"{GOAL:.0f} % is not passed by two errors"
    )
    return (
        f"VMIM by number of distinct simulations of the compressor, those of the estimator apart: {'; '.join(values)}."
        f" {verdict}; the published study uses {PUBLISHED_SIMULATIONS}. Features that use gradients of the joint"
        " density take some for every view, which the tables count."
    )


def _against_the_paper(largest: pd.DataFrame) -> str:
    if not largest["error"].notna().any() or largest["published"].isna().all():
        return ""
    differing, agreeing = [], []
    for row in largest[largest["published"].notna()].to_dict("records"):
        mean, error, published = (row[kind] for kind in ("percent", "error", "published"))
        words = f"{_spelled(row['summary'])} {_percent(mean, error)} (published {published:.0f} %)"
        (agreeing if abs(mean - published) <= 2 * error else differing).append(words)
    return (
        "Beside 2407.10877: more than two of our errors away are "
        f"{_listed(differing)}; within them {_listed(agreeing)}. The published values are of one observation and one"
        " training, on other maps and features, and one observation scatters by more than our mean does: the comparison"
        " shows whether the orders agree, and cannot say that a loss is better here than there."
    )


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def _listed(parts: Sequence[str]) -> str:
    return "; ".join(parts) or "none"
