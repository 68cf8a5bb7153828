"""Every figure draws, names its axes, carries its footer, and comes out the same twice."""

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from synthetic_figures import FIGURES as EARLIER
from synthetic_figures import FOOTER, NAMES, POSTERIOR_WIDTH, band_powers, draw_maps, draw_spectra, draws_of
from synthetic_losses import FIGURES as OF_LOSSES

from fullfield.plots import contours, spectra

FIGURES = EARLIER | OF_LOSSES


def pixels(figure: Figure) -> np.ndarray:
    figure.set_dpi(50)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_complete_and_deterministic(name):
    settings = dict(matplotlib.rcParams)
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    figure = FIGURES[name]()
    first = pixels(figure)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    np.testing.assert_array_equal(pixels(FIGURES[name]()), first)
    assert isinstance(figure, Figure)
    assert [text.get_text() for text in figure.texts if text.get_gid() == "footer"] == [FOOTER]
    assert any(axes.get_xlabel() for axes in figure.axes)
    assert any(axes.get_ylabel() for axes in figure.axes)
    assert dict(matplotlib.rcParams) == settings
    assert_footer_is_free(figure)


def assert_footer_is_free(figure: Figure) -> None:
    (text,) = [text for text in figure.texts if text.get_gid() == "footer"]
    top = text.get_window_extent().y1
    assert all(axes.get_tightbbox().y0 >= top - 1.0 for axes in figure.axes)


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


def test_one_point_figure_marks_the_bound_and_not_the_edge_of_the_histogram():
    figure = FIGURES["simulator_one_point"]()
    marks = [line.get_xdata()[0] for axes in figure.axes for line in axes.lines if line.get_label() == r"$-\lambda$"]
    assert marks == [-0.027] * 15
