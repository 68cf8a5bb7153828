"""The section on samplers of the page of results."""

from pathlib import Path

import pandas as pd

from fullfield.pipeline.results_page import section_text
from fullfield.plots.palette import spelled
from fullfield.studies.samplers import results

TEMPLATE = Path(__file__).parents[3] / "workflow/studies/samplers/results.md.j2"


def tables(extent, samplers):
    facts = {"gradients_per_ess": 20.0, "gradients_per_ess_error": 1.5, "gradients_to_1000": 23542, "min_ess": 2284}
    facts |= {"max_rhat": 1.0038, "num_chains": 4, "num_draws": 1700}
    pairs = {"first": samplers[0], "second": samplers[1:], "largest_pull": 2.3, "parameter": "S8", "null_pull": 0.4}
    return {
        f"{extent}_samplers": pd.DataFrame([{"sampler": name} | facts for name in samplers]),
        f"{extent}_agreement": pd.DataFrame(pairs),
    }


def page(all_tables):
    text = TEMPLATE.read_text()
    return section_text("samplers", results.SECTION, text, all_tables, run={}, filters={"spelled": spelled})


def test_the_default_run_says_what_the_full_study_adds():
    text = page(tables("reduced", ["split_hmc", "mams"]))
    assert "| MAMS | 20.0 ± 1.5 | 23 542 | 2 284 | 1.0038 | 4 x 1 700 |" in text
    assert "`make run TARGET=samplers` adds" in text
    assert "Agreement of 1 pair: the largest difference of two means is 2.3" in text


def test_the_full_study_is_shown_where_it_is_there():
    calibration = {"test": ["sbc", "sbc", "tarp"], "p_value": [0.2, 0.07, 0.5], "inside": [True, False, True]}
    calibration = pd.DataFrame(calibration).assign(num_pixels=16, num_observations=200, num_slow=3)
    full = tables("full", ["split_hmc", "mams", "nuts_published"]) | {"full_calibration": calibration}
    text = page(tables("reduced", ["split_hmc", "mams"]) | full)
    assert "NUTS as published" in text
    assert "TARGET=samplers" not in text
    assert "| sbc | 1 of 2 | 0.070 | 16 x 16 | 200 | 3 |" in text


def test_pulls_are_shown_with_the_largest_and_their_corrected_p_values():
    facts = {"num_observations": 110, "num_pixels": 16}
    pair = {"first": "split_hmc", "second": "mams", "parameter": ["S8", "w0"], "rms_pull": [1.1, 0.9]}
    pulls = pd.DataFrame(pair | {"mean_pull": [0.1, -0.3], "p_mean": [0.3, 0.01], "p_rms": [0.1, 0.4]} | facts)
    single = {"sampler": ["mams"] * 2, "parameter": ["S8", "w0"], "ratio": [1.08, 1.01], "error": 0.04}
    own = {"small_pulls": pulls, "small_scatter": pd.DataFrame(single)}
    text = page(tables("reduced", ["split_hmc", "mams"]) | own)
    # Holm's correction for two parameters.
    assert "| split HMC, MAMS | -0.30 | 0.020 | 0.90 to 1.10 | 0.200 |" in text
    assert "scatter by 1.01 to 1.08 ± 0.04 (MAMS) times" in text
    assert "same 110 observations at draws of the prior, 16 x 16 pixels" in text
