"""Gaussian and lognormal random fields on a square periodic grid: spectra and white noise in, maps out."""

from fullfield.fields.grid import Grid
from fullfield.fields.lognormal import LognormalField, gaussian_spectrum, lognormal_field
from fullfield.fields.power_spectrum import PowerSpectrumEstimator

__all__ = ["Grid", "LognormalField", "PowerSpectrumEstimator", "gaussian_spectrum", "lognormal_field"]
