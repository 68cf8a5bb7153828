"""The section on the simulator of the page of results."""

from pathlib import Path

import pandas as pd
import pytest

from fullfield.pipeline.results_page import section_text
from fullfield.studies.simulator import results

TEMPLATE = Path(__file__).parents[3] / "workflow/studies/simulator/results.md.j2"


@pytest.fixture(scope="module")
def checks():
    row = {"point": "fiducial", "quantity": "mean", "num_comparisons": 5, "largest_pull": 1.2}
    return pd.DataFrame([row | {"mean_square_pull": 0.9, "num_simulations": 1000}])


def page(all_tables):
    return section_text("simulator", results.SECTION, TEMPLATE.read_text(), all_tables, run={}, filters={})


def test_checks_stand_alone_in_the_default_run(checks):
    text = page({"checks": checks})
    assert "| fiducial | mean | 5 | 1.20 | 0.90 |" in text
    assert "`make run TARGET=simulator` adds" in text


def test_the_full_study_is_shown_where_it_is_there(checks):
    posteriors = pd.DataFrame({"shift_sigma": [0.001, -0.002], "width_ratio": [0.999, 1.001]})
    scores = {"parameter": ["h"], "rms_score": [12.3], "rms_difference": [0.5], "median_relative_difference": [0.02]}
    times = {"num_pixels": [64, 64], "quantity": ["floor", "forward"], "ms_per_map": [0.219, 0.649]}
    text = page(
        {
            "checks": checks,
            "theory_posteriors": posteriors.assign(weight_ess=2399, num_draws=2400),
            "theory_scores": pd.DataFrame(scores),
            "benchmark": pd.DataFrame(times).assign(ratio_to_floor=[1.0, 2.96]),
        }
    )
    assert "by more than 0.0020 standard deviations" in text
    assert "| h | 12.3 | 0.5 | 0.020 |" in text
    assert "| 64 | 0.219 (1.0) | 0.649 (3.0) |" in text
    assert "TARGET=simulator" not in text
