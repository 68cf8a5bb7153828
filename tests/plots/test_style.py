"""Colours, names and the footer."""

import subprocess
import sys

from synthetic_figures import FOOTER

from fullfield.plots import style


def test_colours_are_distinct_within_every_comparison():
    baselines = ("reference", "prior", "power_spectrum", "gaussian_field")
    for rivals in (("npe", "nle", "nre"), ("mse", "mae", "gnll", "vmim", "imnn", "moped")):
        assert len({style.colour(name) for name in (*baselines, *rivals)}) == len(baselines) + len(rivals)
    assert set(style.NAMES) == set(style.COLOURS)
    assert style.colour("npe_vmim") == style.colour("npe")
    assert style.colour("npe_mse") == style.colour("mse")
    assert style.colour("nle_mse") == style.colour("nle")
    assert style.spelled("npe_vmim") == "NPE, VMIM"
    assert style.spelled("power_spectrum") == "power spectrum"
    assert style.colour("mse_informed") == style.colour("mse_informed_twice") == style.colour("mse")
    assert style.spelled("mse_informed_twice") == "MSE, field scores at two points"


def test_a_loss_of_ones_own_has_a_colour_and_a_name():
    for name in ("huber", "npe_huber"):
        assert style.colour(name) == style.OWN_COLOUR not in style.COLOURS.values()
    assert style.spelled("npe_my_loss") == "NPE, my_loss"
    assert style.spelled("my_loss") == "my_loss"


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
