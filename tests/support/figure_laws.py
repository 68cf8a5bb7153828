"""What every figure must satisfy."""

from collections.abc import Callable

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from synthetic_figures import FOOTER


def pixels(figure: Figure) -> np.ndarray:
    figure.set_dpi(50)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())


def assert_complete_and_deterministic(draw: Callable[[], Figure]) -> None:
    """Assert that a figure names its axes, carries its footer, leaves no settings behind and comes out alike twice."""
    settings = dict(matplotlib.rcParams)
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    figure = draw()
    first = pixels(figure)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    np.testing.assert_array_equal(pixels(draw()), first)
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
