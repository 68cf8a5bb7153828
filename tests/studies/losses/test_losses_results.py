"""The section on losses of the page of results: means over repeats, verdicts that follow the numbers."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fullfield.pipeline.results_page import section_text
from fullfield.plots.palette import spelled
from fullfield.studies.losses import results
from fullfield.studies.losses.verdicts import against_full_field

TEMPLATE = Path(__file__).parents[3] / "workflow/studies/losses/results.md.j2"
PLANES = (("Omega_c", "sigma8"), ("sigma8", "w0"))
PERCENT = {"vmim": 97.0, "mse": 80.0, "mae": 96.5}


def merit(num_seeds, num_observations, sizes):
    rng = np.random.default_rng(0)
    runs = itertools.product(PERCENT, sizes, range(num_seeds), range(num_observations), PLANES)
    columns = ["summary", "size", "seed", "observation", "first", "second", "percent"]
    rows = [(*run[:4], *run[4], PERCENT[run[0]] - 1e3 / run[1] + rng.normal()) for run in runs]
    return pd.DataFrame(rows, columns=columns)


def tables(extent, num_seeds, num_observations, sizes):
    kept = results.over_repeats(merit(num_seeds, num_observations, sizes))
    facts = {"c2st": 0.55, "c2st_error": 0.01, "c2st_null": 0.5, "c2st_shifted": 0.53, "information": 5.0}
    low, high = (0.94, 0.95) if extent == "full" else (np.nan, np.nan)
    facts |= {"fraction_low": low, "fraction_high": high, "fraction_error": 0.01, "num_seeds": num_seeds}
    facts |= {"maps_low": 5.2, "maps_high": 5.3, "maps_error": 0.05}
    facts |= {"sbc_inside": 1, "tarp_inside": 1, "simulations": 40000, "gradients": 0}
    facts |= {"num_mocks": 39, "num_slow_mocks": 1}
    losses = pd.DataFrame([{"summary": name} | facts for name in PERCENT])
    pairs = [("vmim", "mse", 17.0, True), ("mae", "vmim", -0.5, False), ("mse", "mae", -16.5, True)]
    ordering = pd.DataFrame(pairs, columns=["summary", "other", "difference", "separated"])
    ordering = ordering.assign(first=PLANES[0][0], second=PLANES[0][1], error=0.7, num_pairs=6)
    published = pd.DataFrame({"summary": ["mse"], "first": "Omega_c", "second": "sigma8", "published": 81.07})
    own = {"losses": losses, "merit": kept, "ordering": ordering, "planes": published}
    return {f"{extent}_{name}": table for name, table in own.items()}


def page(all_tables):
    run = {"num_pixels": 64}
    text = TEMPLATE.read_text()
    return section_text("losses", results.SECTION, text, all_tables, run=run, filters={"spelled": spelled})


@pytest.fixture(scope="module")
def reduced():
    return tables("reduced", 1, 1, [20000])


def test_means_over_repeats_have_errors():
    table = results.over_repeats(merit(3, 10, [1000, 20000]))
    row = table[(table["summary"] == "mse") & (table["size"] == 1000)].iloc[0]
    assert abs(row["percent"] - 79.0) < 5 * row["error"]
    assert 0.1 < row["error"] < 1.0
    assert (row["num_seeds"], row["num_observations"]) == (3, 10)
    assert len(table) == 3 * 2 * 2


def test_one_training_and_one_observation_establish_no_order(reduced):
    text = page(reduced)
    assert "the order of the summaries is not established here" in text
    assert "`make run TARGET=losses` makes the full one" in text
    assert "±" not in text.split("|---|")[1].split("| 0.550")[0]


def test_the_full_study_is_shown_where_it_is_there(reduced):
    text = page(reduced | tables("full", 3, 10, [1000, 20000]))
    assert "reduced study" not in text
    assert "10 observations" in text
    assert "**VMIM** has the largest." in text
    assert "of MSE by 17.0 ± 0.7." in text
    assert "Not told apart from it: MAE." in text
    assert "**MSE** by number of simulations:" in text
    assert "% with 1 000, " in text
    assert "5.00 (94.0 to 95.0 ± 1.0)" in text
    assert "| 81 |" in text
    assert "what 39 explicit posteriors find in the maps, from 5.20 (a bound) to 5.30 ± 0.05 nats" in text
    assert "(1 more, with slow chains" in text


def test_what_is_lost_is_split_into_the_summary_s_part_and_the_estimator_s(reduced):
    nats = {"lost_low": 0.2, "lost_high": 0.3, "summary_low": 0.1, "summary_high": 0.2}
    nats |= {"estimator": 0.1, "estimator_error": 0.01, "divergence": 0.12}
    judged = {"percent_amortised": 95.0, "percent_local": 97.5, "c2st_amortised": 0.56, "c2st_local": 0.54}
    judged |= {"is_saturated": [True, False], "outside": [0.0, 0.0004]}
    names = {"summary": "vmim", "observation": ["simulated", "simulated_1"], "simulations": 100000}
    text = page(reduced | {"local": pd.DataFrame(names | nats | judged)})
    cells = "0.200 to 0.300 | 0.100 to 0.200 | 0.100 ± 0.010 | 95.0, 97.5 | 0.560, 0.540"
    assert f"| simulated_1 | {cells} |" in text
    assert "In the mean 60 % of the divergence is the summary's" in text
    assert "(at some observation the widest that was tried gained still)" in text
    assert "at most 0.04 % lie outside" in text
    assert "divergence from the local posterior is 0.120 nats" in text


def test_verdicts_are_two_sided_and_need_a_small_error():
    """Beside the full field's 100: wider, narrower, undecided."""
    numbers = {"close": (97.0, 0.9), "narrow": (130.0, 1.0), "open": (70.0, 20.0), "short": (80.0, 1.0)}
    assert {name: against_full_field(*values) for name, values in numbers.items()} == {name: name for name in numbers}
    assert against_full_field(99.0, float("nan")) == "open"


def test_the_informed_study_and_the_standard_analyses_have_tables_of_their_own(reduced):
    explicit = {"method": "gaussian_field", "first": "Omega_c", "second": "sigma8", "percent": 88.0, "error": 1.2}
    inside = {"sbc_inside": True, "tarp_inside": False, "smallest_p_value": 0.012, "num_calibrated": 110}
    full = tables("full", 3, 10, [20000]) | {"full_explicit": pd.DataFrame([explicit | inside])}
    informed = {name.replace("full_", "informed_"): table for name, table in tables("full", 3, 10, [20000]).items()}
    text = page(reduced | full | informed)
    assert "| (Omega_c, sigma8) | 88.0 ± 1.2 | yes, no | 0.012 | 110 |" in text
    assert "and so **likelihood-informed**" in text
    assert text.count("**VMIM** has the largest.") == 2
    not_calibrated = full | {"full_explicit": pd.DataFrame([explicit])}
    assert "not calibrated in this run" in page(reduced | not_calibrated)


def test_what_the_losses_do_not_share_is_said(reduced):
    full = tables("full", 3, 10, [20000])
    for name in ("losses", "merit"):
        full[f"full_{name}"] = full[f"full_{name}"].replace({"summary": {"mae": "imnn"}})
    text = page(reduced | full)
    assert "IMNN: trained at the fiducial point, which is the truth of these observations" in text
    assert "on features of their own" not in text
