"""Colours, names and the footer."""

import subprocess
import sys

from synthetic_figures import FOOTER

from fullfield.plots import palette, style


def test_colours_are_distinct_within_every_comparison():
    baselines = ("reference", "prior", "power_spectrum", "gaussian_field")
    for rivals in (("npe", "nle", "nre"), ("mse", "mae", "gnll", "vmim", "imnn", "moped")):
        assert len({palette.colour(name) for name in (*baselines, *rivals)}) == len(baselines) + len(rivals)
    assert set(palette.NAMES) == set(palette.COLOURS)
    assert palette.colour("npe_vmim") == palette.colour("npe")
    assert palette.colour("npe_mse") == palette.colour("mse")
    assert palette.colour("nle_mse") == palette.colour("nle")
    assert palette.spelled("npe_vmim") == "NPE, VMIM"
    assert palette.spelled("power_spectrum") == "power spectrum"
    assert palette.colour("mse_informed") == palette.colour("mse_informed_twice") == palette.colour("mse")
    assert palette.spelled("mse_informed_twice") == "MSE, field scores at two points"


def test_a_loss_of_ones_own_has_a_colour_and_a_name():
    for name in ("huber", "npe_huber"):
        assert palette.colour(name) == palette.OWN_COLOUR not in palette.COLOURS.values()
    assert palette.spelled("npe_my_loss") == "NPE, my_loss"
    assert palette.spelled("my_loss") == "my_loss"


def test_footer_counts_in_words():
    assert FOOTER == "laptop scale · 64 x 64 pixels · 3 seeds · 1 observation"
    assert style.footer("laptop", None, 1, 1) == "laptop scale · 1 seed · 1 observation"
    assert style.footer("smoke", 16, 1, 2) == "smoke scale · 16 x 16 pixels · 1 seed · 2 observations"
    assert style.footer("smoke", 16, None, 1, 4) == "smoke scale · 16 x 16 pixels · 4 chains · 1 observation"


def test_pyplot_is_never_imported():
    modules = "chains, contours, cost, coverage, maps, predictive, spectra, surrogate, training"
    code = f"import sys; from fullfield.plots import {modules}; print('matplotlib.pyplot' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "False"
