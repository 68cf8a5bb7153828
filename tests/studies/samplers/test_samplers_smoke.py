"""The reduced study of samplers at the smoke scale."""

import pytest

from fullfield import io


@pytest.mark.slow
def test_figure_and_tables_exist(finished_run):
    folder = finished_run / "results/smoke/lensing"
    assert (folder / "figures/simulated_samplers_default.png").stat().st_size > 100
    samplers, agreement = (io.load_table(folder / f"tables/{name}.csv") for name in ("samplers", "agreement"))
    assert samplers["sampler"].tolist() == ["split_hmc", "mams"]
    assert (samplers["gradients_per_ess"] > 1).all()
    assert agreement[["first", "second"]].values.tolist() == [["split_hmc", "mams"]]


@pytest.mark.slow
def test_full_study_can_be_planned(plan_of):
    jobs = plan_of("samplers")
    assert jobs["sample_explicit"] == jobs["trace_convergence"] == jobs["diagnose_explicit"] == 5
    assert jobs["calibrate_explicit"] == jobs["theory_calibration"] == jobs["plot_explicit_calibration"] == 1
    # The published sampler, the reference, and MAMS, which the reference's curve is judged by.
    assert plan_of("published")["sample_explicit"] == 3
