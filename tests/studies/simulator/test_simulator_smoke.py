"""The reduced study of the simulator at the smoke scale."""

import pytest

from fullfield import io


@pytest.mark.slow
def test_figures_and_table_exist(finished_run):
    folder = finished_run / "results/smoke/lensing"
    for name in ("simulator_spectra", "simulator_one_point", "simulator_moments"):
        assert (folder / f"figures/{name}.png").stat().st_size > 100, name
    table = io.load_table(folder / "tables/simulator.csv")
    assert set(table["quantity"]) == {"spectrum", "mean", "variance", "skewness", "minimum", "score"}


@pytest.mark.slow
def test_full_study_can_be_planned(plan_of):
    jobs = plan_of("simulator")
    assert jobs["check_simulator"] == jobs["compare_theories"] == jobs["benchmark_simulator"] == 1
    assert jobs["plot_simulator_cost"] == 1
