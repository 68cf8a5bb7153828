"""Figures from tables and samples only: every function returns a Matplotlib figure and opens no file."""

from fullfield.plots.chains import traces
from fullfield.plots.contours import CONSTRAINED, marginal_limits, triangle
from fullfield.plots.cost import cost
from fullfield.plots.coverage import sbc, tarp
from fullfield.plots.maps import maps
from fullfield.plots.predictive import posterior_predictive, prior_predictive
from fullfield.plots.spectra import spectra
from fullfield.plots.style import footer
from fullfield.plots.surrogate import surrogate_accuracy
from fullfield.plots.training import training_curves

__all__ = [
    "CONSTRAINED",
    "cost",
    "footer",
    "maps",
    "marginal_limits",
    "posterior_predictive",
    "prior_predictive",
    "sbc",
    "spectra",
    "surrogate_accuracy",
    "tarp",
    "traces",
    "training_curves",
    "triangle",
]
