"""A training that is not calibrated is found out among all others."""

import pandas as pd

from fullfield.pipeline.acceptance import accept
from fullfield.settings.acceptance import load_bounds
from fullfield.studies.losses import acceptance

BOUNDS = load_bounds()
COVERAGE = pd.DataFrame(
    [
        {"test": test, "parameter": parameter, "p_value": 0.01, "seed": seed}
        for test, parameter in (("sbc", "w0"), ("tarp", "all"))
        for seed in (0, 1)
    ]
)


def test_every_training_is_judged():
    tables = {f"judged/{name}_coverage.csv": COVERAGE.copy() for name in ("mse_500", "vmim_500")}
    table = accept({"losses": acceptance.checks(tables, BOUNDS)}, BOUNDS, "laptop")
    assert table["passed"].tolist() == [True]
    assert table["num_compared"].tolist() == [8]
    tables["judged/vmim_500_coverage.csv"].loc[1, "p_value"] = 1e-4
    failed = accept({"losses": acceptance.checks(tables, BOUNDS)}, BOUNDS, "laptop").query("not passed")
    assert failed["sentence"].tolist() == [
        "judged/vmim_500_coverage.csv, vmim_500, seed 1, sbc, w0: p-value is 0.0001; allowed: at least 0.00125"
    ]
