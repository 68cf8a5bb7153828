"""Corner plots and marginal limits."""

import numpy as np
import pytest
from synthetic_figures import CENTRE, FOOTER, NAMES, POSTERIOR_WIDTH, TRUTH, draws_of, generator

from fullfield.plots import contours


@pytest.mark.parametrize(("truth", "num_lines"), [(None, 0), (TRUTH, 2 + 2)])
def test_truth_is_marked_only_when_known(truth, num_lines):
    samples = {"npe": draws_of(POSTERIOR_WIDTH)}
    figure = contours.triangle(samples, NAMES, footer=FOOTER, truth=truth, show=("sigma8", "w0"))
    assert sum(line.get_linestyle() == "--" for axes in figure.axes for line in axes.lines) == num_lines


def test_triangle_names_what_it_cannot_show():
    with pytest.raises(ValueError, match=r"cannot show \['w_a'\]: the draws hold Omega_c"):
        contours.triangle({"npe": draws_of(POSTERIOR_WIDTH)}, NAMES, footer=FOOTER, show=("w_a",))


def test_contours_of_one_colour_differ_in_their_lines():
    draws = draws_of(POSTERIOR_WIDTH, num_draws=100)[..., :1]
    samples = {"nle_mse": draws, "nle_vmim": draws, "reference": draws, "prior": draws}
    figure = contours.triangle(samples, NAMES[:1], footer=FOOTER)
    lines = [(line.get_label(), line.get_linestyle()) for line in figure.axes[0].lines]
    assert lines == [("prior", ":"), ("reference posterior", "-"), ("NLE, MSE", "-"), ("NLE, VMIM", "--")]


def test_marginal_limits_of_a_gaussian():
    draws = CENTRE + POSTERIOR_WIDTH * generator().standard_normal((4, 5_000, len(NAMES)))
    table = contours.marginal_limits(draws, NAMES)
    assert list(table["parameter"]) == list(NAMES)
    # Standard error of a quantile, sqrt(p (1 - p) / n) / density; five of the larger, at 2.5 %.
    tolerance = 5 * np.sqrt(0.025 * 0.975 / 20_000) / 0.0584
    for column, z in (("mean", 0.0), ("lower68", -0.9945), ("upper68", 0.9945), ("lower95", -1.96), ("upper95", 1.96)):
        np.testing.assert_allclose((table[column] - CENTRE) / POSTERIOR_WIDTH, z, atol=tolerance)


def test_marginal_limits_at_a_bound_of_the_prior_are_one_tailed():
    distance = np.abs(generator().standard_normal((4, 5_000, 1)))
    table = contours.marginal_limits(-2.0 + distance, ("w0",), {"w0": (-2.0, -0.3)})
    assert table.loc[0, "lower68"] == table.loc[0, "lower95"] == pytest.approx(-2.0)
    # 68 % of a half-normal law lie within 0.9945, density there 0.487.
    tolerance = 5 * np.sqrt(0.68 * 0.32 / 20_000) / 0.487
    assert table.loc[0, "upper68"] == pytest.approx(-2.0 + 0.9945, abs=tolerance)


def test_a_truth_outside_the_posterior_stays_in_view():
    figure = contours.triangle({"npe": draws_of(POSTERIOR_WIDTH)}, NAMES, footer=FOOTER, truth={"h": 1.5}, show=("h",))
    low, high = figure.axes[0].get_xlim()
    assert low < 1.5 < high
