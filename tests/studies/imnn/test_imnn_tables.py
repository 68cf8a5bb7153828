"""Tables, the section of the page and the figures, from made-up verdicts."""

import numpy as np
import pandas as pd
import pytest
from checkouts import ROOT
from figure_laws import assert_complete_and_deterministic
from synthetic_figures import FOOTER

from fullfield.pipeline import results_page
from fullfield.plots import palette
from fullfield.studies.imnn import figures, results, tables

FIELDS = ("gaussian", "lognormal")
LABELS = [{"field": field, "summary": summary} for field in FIELDS for summary in ("imnn", "score")]


def verdicts():
    """Return verdicts of two methods on four targets."""
    rng = np.random.default_rng(0)
    rows = []
    for label in LABELS:
        for method, level in (("delfi", 0.53), ("abc", 0.7)):
            for o in range(4):
                row = {name: rng.normal(1.0, 0.1) for name in tables.MEASURES}
                row |= {"c2st": level + 0.01 * o, "c2st_few": level + 0.01 * o}
                row |= {"num_simulations": 4000, "num_training": 10**6, "num_rows": 1000 - o}
                rows.append({**label, "method": method, "observation": o, **row})
    return pd.DataFrame(rows)


def accepted():
    """Return what rejection gives at two accepted shares."""
    rows = [
        {**label, "observation": o, "num_accepted": num, "fraction": num / 1e4, "distance": num / 100, "c2st": level}
        for label in LABELS
        for num, level in ((100, 0.56), (1000, 0.68))
        for o in range(4)
    ]
    return pd.DataFrame(rows)


def information():
    rows = [
        {**label, "stage": stage, "first": 1.0, "second": 0.5, "exact": 11.0, "ln_det_fisher": 10.95, "error": 0.02}
        | {"lost": 0.05 * (label["summary"] == "imnn"), "lost_error": 0.002}
        for label in LABELS
        for stage in (0, 1)
    ]
    return pd.DataFrame(rows)


def all_tables(extent):
    posteriors = tables.posteriors(verdicts())
    calibration = [
        {**label, "method": method, "num_observations": 200, "tarp": 0.4, "sbc": 0.01, "inside": method != "abc"}
        for label in LABELS
        for method in ("reference", "npe", "abc")
    ]
    chains = [
        {**label, "round": index, "rhat": 1.1 - 0.05 * index, "ess": 50.0 + 300.0 * index}
        for label in LABELS
        for index in (0, 1)
    ]
    made = {
        "information": information().assign(num_pixels=16),
        "posteriors": posteriors.assign(num_draws=1000),
        "acceptance": tables.acceptance(accepted(), posteriors, 350),
        "calibration": pd.DataFrame(calibration),
        "convergence": tables.convergence(pd.DataFrame(chains)),
    }
    return {f"{extent}_{name}": table for name, table in made.items()}


def test_means_have_the_errors_of_means():
    table = tables.posteriors(verdicts())
    row = table[(table["field"] == "gaussian") & (table["summary"] == "imnn") & (table["method"] == "delfi")].iloc[0]
    assert row["c2st"] == pytest.approx(0.545)
    assert row["c2st_error"] == pytest.approx(np.std([0.0, 0.01, 0.02, 0.03], ddof=1) / 2)
    assert row["num_observations"] == 4
    assert row["num_rows"] == 997


def test_a_posterior_that_could_not_be_compared_does_not_improve_the_mean():
    failed = verdicts()
    failed.loc[0, "c2st"] = np.nan
    table = tables.posteriors(failed)
    assert table["c2st"].isna().sum() == 1


def test_what_rejection_needs_is_extrapolated_in_proportion_to_the_accepted_share():
    table = all_tables("full")["full_acceptance"]
    # Sequential estimation is at .545, rejection at .56 with one simulation of a hundred.
    assert (table["bound"] == "at least").all()
    assert table["needed"].iloc[0] == pytest.approx(350 / (0.01 * 0.045 / 0.06))


def test_between_two_shares_it_is_interpolated():
    reached = tables.posteriors(verdicts()).assign(c2st_few=0.62)
    table = tables.acceptance(accepted(), reached, 350)
    assert (table["bound"] == "interpolated").all()
    assert table["needed"].iloc[0] == pytest.approx(350 / 0.055)


def test_what_all_shares_reach_needs_at_most_the_largest():
    reached = tables.posteriors(verdicts()).assign(c2st_few=0.7)
    table = tables.acceptance(accepted(), reached, 350)
    assert (table["bound"] == "at most").all()
    assert table["needed"].iloc[0] == pytest.approx(350 / 0.1)


def test_chains_that_never_moved_are_the_worst():
    table = tables.convergence(pd.DataFrame([{**LABELS[0], "round": 0, "rhat": np.nan, "ess": np.nan}]))
    assert np.isinf(table["rhat"].iloc[0])
    assert table["ess"].iloc[0] == 0.0


@pytest.mark.parametrize("extent", results.EXTENTS)
def test_the_page_says_what_is_lost_and_what_is_extrapolated(extent):
    template = (ROOT / "workflow/studies/imnn/results.md.j2").read_text()
    text = results_page.render(template, {"spelled": palette.spelled}, **results.SECTION.slots(all_tables(extent)))
    assert ("TARGET=imnn" in text) == (extent == "reduced")
    assert "Gaussian field: the summary loses 0.050 ± 0.002 nats" in text
    assert "| lognormal field | exact score | ABC |" in text
    assert "| Gaussian field | IMNN | 0.01 | 0.560" in text
    assert "13.78" in text
    assert "of 16 x 16 pixels without noise" in text
    assert "the 1 000 nearest of all" in text
    assert "largest R-hat 1.050, smallest effective sample size 350; of rounds before, which only" in text
    assert "simulate next, 1.100 and 50." in text


def test_figures_are_readable():
    history = pd.DataFrame(
        [
            {"field": field, "stage": stage, "step": 100 * step, "validation": -10.0 - 0.1 * step}
            for field in FIELDS
            for stage in (0, 1)
            for step in range(1, 6)
        ]
    )
    estimates = pd.DataFrame(
        [
            {**label, "stage": stage, "target": t, "parameter": name, "truth": 0.9, "estimate": 0.9 + 0.01 * t}
            for label in LABELS
            for stage in (0, 1)
            for t in range(5)
            for name in ("A", "B")
        ]
    )
    made = all_tables("full")
    for draw in (
        lambda: figures.training(history, information(), footer=FOOTER),
        lambda: figures.estimates(tables.with_points(estimates, information()), footer=FOOTER),
        lambda: figures.fields({name: np.full((3, 8, 8), 0.5) + np.eye(8) for name in FIELDS}, footer=FOOTER),
        lambda: figures.rejection(made["full_acceptance"], made["full_posteriors"], footer=FOOTER),
    ):
        assert_complete_and_deterministic(draw)
