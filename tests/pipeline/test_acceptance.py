"""Finished results: every check can fail with a sentence, and correct runs seldom do."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from fullfield import io
from fullfield.pipeline.acceptance import Check, GateError, PValue, accept, gate, judged
from fullfield.pipeline.default_checks import charge_checks, default_checks, ledger_checks
from fullfield.settings.acceptance import load_bounds
from fullfield.settings.provenance import read_provenance

BOUNDS = load_bounds()
LIMITS = {"max_rhat": 1.01, "min_ess": 1000, "max_divergent": 0.01, "max_error_percent": 0.3}
KEYS = {"observation": "simulated", "method": "npe", "compressor": "vmim"}
FILES = {
    "compressors/vmim.json": {"simulations": 600, "gradients": 40},
    "summaries/vmim_inference.nc": {"simulations": 500, "gradients": 0},
    "posteriors/simulated/reference.nc": {"simulations": 0, "gradients": 1000},
}
RECORDS = {path: {"cost": cost} for path, cost in FILES.items()}


def good_tables():
    """Return tables of a run that is within all bounds."""
    stages = {"stage": ["training", "inference", "reference"], "compressor": ["vmim", "vmim", ""], "method": ""}
    cost = pd.DataFrame({**stages, "observation": ["", "", "simulated"], **columns(FILES.values())})
    return {
        "c2st": pd.DataFrame([KEYS | {"comparison": "method", "c2st": value} for value in (0.52, 0.62)]),
        "shifts": pd.DataFrame(
            [KEYS | {"estimator_seed": "all", "parameter": "S8", "shift_sigma": -0.2, "width_ratio": 1.1}]
            + [KEYS | {"estimator_seed": "0", "parameter": "S8", "shift_sigma": -9.0, "width_ratio": 9.0}]
        ),
        "calibration": pd.DataFrame(
            [KEYS | {"test": "sbc", "parameter": "S8", "p_value": 0.02}]
            + [KEYS | {"test": "tarp", "parameter": "all", "p_value": 0.9}]
        ),
        "convergence": pd.DataFrame(
            [
                {"observation": "simulated", "parameter": "w0", "rhat": 1.001}
                | {"ess_bulk": 2000.0, "ess_tail": 1500.0, "divergent_fraction": 0.0}
            ]
        ),
        "surrogate": pd.DataFrame([{"pair": "1 x 2", "q95": 0.1}]),
        "cost": cost.assign(published_count=cost["simulations"] + 2 * cost["gradients"]),
        "main": pd.DataFrame([KEYS | {"simulations": 1100, "gradients": 40, "reference_gradients": 1000}]),
    }


def columns(costs):
    return {name: [cost[name] for cost in costs] for name in ("simulations", "gradients")}


def outcome_of(tables, scale="laptop"):
    return accept({"default route": default_checks(tables, RECORDS, BOUNDS, LIMITS)}, BOUNDS, scale)


def test_results_within_bounds_pass():
    table = outcome_of(good_tables())
    assert table["passed"].all()
    assert set(table["check"]) == set(BOUNDS.checks) - {"agreement", "pulls"}
    assert table.set_index("check").loc["c2st", "value"] == pytest.approx(0.57)


@pytest.mark.parametrize(
    ("name", "column", "value", "sentence"),
    [
        ("c2st", "c2st", 0.61, "tables/c2st.csv, npe_vmim, mean of 2: C2ST is 0.61; allowed: at most 0.6"),
        ("c2st", "c2st", math.nan, "C2ST is nan; allowed: at most 0.6"),
        ("shifts", "shift_sigma", -0.4, "simulated, npe_vmim, S8: |shift| in sigma is 0.4; allowed: at most 0.35"),
        ("shifts", "width_ratio", 1.3, "simulated, npe_vmim, S8: width ratio is 1.3; allowed: 0.8 to 1.25"),
        ("shifts", "width_ratio", 0.7, "width ratio is 0.7; allowed: 0.8 to 1.25"),
        ("calibration", "p_value", 1e-3, "npe_vmim, sbc, S8: p-value is 0.001; allowed: at least 0.005"),
        ("convergence", "rhat", 1.02, "tables/convergence.csv, simulated, w0: rhat is 1.02; allowed: at most 1.01"),
        ("convergence", "ess_tail", 900.0, "ess_tail is 900; allowed: at least 1000"),
        ("convergence", "divergent_fraction", 0.02, "divergent_fraction is 0.02; allowed: at most 0.01"),
        ("surrogate", "q95", 0.4, "1 x 2: 95 % error in per cent is 0.4; allowed: at most 0.3"),
        ("cost", "simulations", 1, "tables/cost.csv, all stages: sum of simulations is 3; allowed: 1100"),
        ("cost", "gradients", 0, "sum of gradients is 0; allowed: 1040"),
        ("cost", "published_count", 1, "sum of published_count is 3; allowed: 3180"),
        ("main", "simulations", 1000, "main.csv, simulated, npe_vmim: simulations is 1000; allowed: 1100"),
        ("main", "gradients", 0, "gradients is 0; allowed: 40"),
        ("main", "reference_gradients", 999, "reference_gradients is 999; allowed: 1000"),
    ],
)
def test_every_check_can_fail(name, column, value, sentence):
    tables = good_tables()
    tables[name] = tables[name].assign(**{column: value})
    failed = outcome_of(tables).query("not passed")
    assert any(sentence in one for one in failed["sentence"]), failed["sentence"].tolist()


def test_a_scale_enforces_what_the_file_says():
    tables = good_tables()
    tables["c2st"] = tables["c2st"].assign(c2st=0.9)
    tables["surrogate"] = tables["surrogate"].assign(q95=0.4)
    table = outcome_of(tables, "smoke")
    assert set(table["check"]) == {"convergence", "surrogate", "ledger"}
    assert table[~table["passed"]]["check"].tolist() == ["surrogate"]


def test_a_task_without_reference_has_calibration_and_ledger():
    tables = {name: good_tables()[name] for name in ("calibration", "cost")}
    assert set(outcome_of(tables)["check"]) == {"calibration", "ledger"}


def test_simulations_that_files_share_count_once():
    shared = {"split": "training", "cost": {"simulations": 600, "gradients": 1}}
    cost = pd.DataFrame({"simulations": [600], "gradients": [2], "published_count": [604]})
    assert all(check.passed for check in ledger_checks(cost, {"a": shared, "b": shared}))


def test_a_name_that_begins_like_another_is_not_charged_for_it():
    stages = {"stage": "training", "compressor": ["gnll", "gnll_covariance"], "method": "", "observation": ""}
    cost = pd.DataFrame({**stages, "simulations": [10, 20], "gradients": [0, 0]})
    main = pd.DataFrame([KEYS | {"compressor": "gnll", "simulations": 30, "gradients": 0, "reference_gradients": 0}])
    assert [check.passed for check in charge_checks(main, cost)] == [False, True, True]


def test_unknown_checks_are_named():
    with pytest.raises(ValueError, match="acceptance.yaml: checks has no entry 'shift'; did you mean shifts"):
        accept({"a study": [Check("shift", "a.csv", "row", "number", 1.0)]}, BOUNDS, "smoke")


def test_correct_runs_fail_with_at_most_the_rate():
    """Uniform p-values of three parts: a run fails where any is below its bound, which has a chance that is known."""
    rate, sizes = 0.1, {"default route": 9, "one study": 40, "another": 15}
    bounds = dataclasses.replace(BOUNDS, false_alarm_rate=rate)
    parts = np.repeat(list(sizes), list(sizes.values()))

    def judge(p_values):
        named = {part: [] for part in sizes}
        for row, (part, value) in enumerate(zip(parts, p_values, strict=True)):
            named[part].append(PValue("calibration", "a.csv", str(row), value))
        return accept(named, bounds, "laptop")

    nothing_passes = judge(np.zeros(len(parts)))
    assert list(nothing_passes["part"]) == list(parts)
    lowest = nothing_passes["bound"].str.removeprefix("at least ").astype(float).to_numpy()
    assert judge(1.001 * lowest)["passed"].all()
    for index in range(len(parts)):
        one_below = np.where(np.arange(len(parts)) == index, 0.999, 1.001) * lowest
        assert judge(one_below).query("not passed")["row"].tolist() == [str(index)]
    # At most this chance however they depend on each other, and hardly less where they are independent.
    assert lowest.sum() == pytest.approx(rate, rel=1e-3)
    assert 1.0 - np.prod(1.0 - lowest) > 0.95 * rate - 1e-4


def test_bounds_of_the_project_are_those_of_its_aims():
    assert BOUNDS.false_alarm_rate <= 0.01
    assert 4 * BOUNDS.gate_false_alarm_rate <= 1e-4


def test_gate_divides_its_rate_and_says_what_fails():
    values = [PValue("pulls", "a.csv", "b", 0.004), Check("pulls", "a.csv", "c", "ratio", 0.5, high=1.0)]
    gate(values, 0.004, "It holds")
    assert [one.low for one in judged([*values, values[0]], 0.004)] == [0.002, 0.0, 0.002]
    with pytest.raises(GateError, match=r"It fails\. a\.csv, b: p-value is 0\.004; allowed: at least 0\.01\.$"):
        gate(values, 0.01, "It fails")
    with pytest.raises(GateError, match=r"c: ratio is 1\.5; allowed: at most 1\."):
        gate([values[1]._replace(value=1.5)], 0.01, "It fails")
    with pytest.raises(GateError, match="p-value is nan"):
        gate([values[0]._replace(p_value=math.nan)], 0.01, "It fails")


def test_record_is_read_from_every_kind_of_file(tmp_path):
    cost = {"simulations": 7, "gradients": 3}
    io.write_json(tmp_path / "network.json", {"cost": cost})
    io.save_samples(tmp_path / "draws.nc", np.zeros((2, 3, 1)), ("a",), attrs={"cost": cost})
    assert [read_provenance(tmp_path / name)["cost"] for name in ("network.json", "draws.nc")] == [cost, cost]
    io.write_json(tmp_path / "silent.json", {})
    with pytest.raises(ValueError, match=r"silent\.json does not say what it has cost"):
        read_provenance(tmp_path / "silent.json")
