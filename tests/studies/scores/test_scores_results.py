"""The section of the page of results: what it says of tables that hold all there may be, and of the fewest."""

import numpy as np
import pandas as pd
from checkouts import ROOT

from fullfield.pipeline import results_page
from fullfield.plots import palette
from fullfield.studies.scores import results, tables
from fullfield.studies.scores.fields import FLOWS
from tests.studies.scores.test_scores_tables import made

NOISE = pd.DataFrame({"case": ["moons"], "kind": ["joint"], "noise_fraction": [0.5], "median_ratio": [0.4]})


def tables_of(part, effect=0.05, **changes):
    fits = made(effect).assign(**changes)
    return {
        f"{part}_curves": tables.curves(fits),
        f"{part}_differences": tables.differences(fits),
        f"{part}_noise": NOISE.assign(num_simulations=100, num_unresolved=2),
        f"{part}_costs": pd.DataFrame({"case": ["moons"], "simulations": [200], "gradients": [300]}),
    }


def text_of(given):
    template = (ROOT / "workflow/studies/scores/results.md.j2").read_text()
    return results_page.render(template, {"spelled": palette.spelled}, **results.SECTION.slots(given))


def test_it_says_where_scores_help():
    text = text_of(tables_of("reduced"))
    assert "`make run TARGET=scores` makes the sweep" in text
    assert "the median density is higher at 50 and 100 and lower at none" in text
    assert "| two moons, density | 200 | 300 |" in text
    assert "the C2ST is higher at no number of simulations and lower at 50 and 100" in text


def test_methods_without_a_density_and_parts_of_the_published_test_have_their_rows():
    nle = {"case": "lotka_volterra", "method": "nle", "log_prob": np.nan, "median_log_prob": np.nan}
    fields = [
        {"flow": flow, "kind": kind, "seed": seed, "log_prob": 1.0 + seed, "score_error": 0.5}
        for flow in FLOWS
        for kind in ("none", "joint")
        for seed in range(3)
    ]
    given = tables_of("full") | tables_of("likelihood", **nle) | tables_of("published") | tables_of("reduced", -9.0)
    text = text_of(given | {"score_fields": pd.DataFrame(fields)})
    assert "TARGET=scores" not in text
    [line] = [line for line in text.splitlines() if line.startswith("* Lotka–Volterra, NLE")]
    assert "density" not in line
    assert "C2ST is higher at no number" in line
    assert "| two moons, density | NPE | 100 | joint scores | 0.7" in text
    assert "0.655" in text
    assert "| smooth, 16 sigmoids | no scores | 0.50 ± 0.00 |" in text
