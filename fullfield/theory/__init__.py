"""Parameters in, spectra and shifts out."""

from fullfield.survey import Survey
from fullfield.theory.coordinates import draw_prior, draw_training
from fullfield.theory.cosmology import FIDUCIAL, PARAMETER_NAMES, PRIOR
from fullfield.theory.exact import ExactTheory
from fullfield.theory.surrogate import Surrogate, accuracy, fit_surrogate

__all__ = [
    "FIDUCIAL",
    "PARAMETER_NAMES",
    "PRIOR",
    "ExactTheory",
    "Surrogate",
    "Survey",
    "accuracy",
    "draw_prior",
    "draw_training",
    "fit_surrogate",
]
