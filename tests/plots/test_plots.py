"""Every figure draws, names its axes, carries its footer, and comes out the same twice."""

import numpy as np
import pytest
from figure_laws import assert_complete_and_deterministic
from synthetic_figures import FIGURES, FOOTER, NAMES, POSTERIOR_WIDTH, band_powers, draw_maps, draw_spectra, draws_of

from fullfield.plots import contours, spectra


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_complete_and_deterministic(name):
    assert_complete_and_deterministic(FIGURES[name])


def test_outermost_panels_of_every_grid_are_labelled():
    figure = draw_spectra(known=True)
    assert sum(axes.get_xlabel() == r"multipole $\ell$" for axes in figure.axes) == 3
    assert sum(axes.get_ylabel() == r"$\Delta/\sigma$" for axes in figure.axes) == 3
    corner = contours.triangle({"npe": draws_of(POSTERIOR_WIDTH)}, NAMES, footer=FOOTER, show=("Omega_c", "w0"))
    assert [axes.get_xlabel() for axes in corner.axes if axes.get_xlabel()] == [r"$\Omega_c$", r"$w_0$"]


def test_maps_share_one_scale_per_row():
    figure = draw_maps(known=True)
    limits = [axes.images[0].get_clim() for axes in figure.axes if axes.images]
    assert len(limits) == 10
    assert len(set(limits)) == 2
    assert limits[0] != limits[-1]
    assert len([axes for axes in draw_maps(known=False).axes if axes.images]) == 5


def test_negative_band_powers_are_open_circles():
    ell, measured, theory, error, _ = band_powers()
    figure = spectra.spectra(ell, -measured, theory, error, footer=FOOTER)
    markers = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert (measured[0] > 0).all()
    assert [line.get_markerfacecolor() for line in markers] == ["white"]
    np.testing.assert_allclose(markers[0].get_ydata(), ell * (ell + 1) * measured[0] / (2 * np.pi))


def test_residuals_beyond_the_panel_stay_visible():
    ell, _, theory, error, _ = band_powers()
    measured = theory.copy()
    measured[0, 3] += 100.0 * error[0, 3]
    figure = spectra.spectra(ell, measured, theory, error, footer=FOOTER)
    diamonds = [line for line in figure.axes[1].lines if line.get_marker() == "D"]
    np.testing.assert_allclose(diamonds[0].get_xydata(), [[ell[3], 4.5]])
