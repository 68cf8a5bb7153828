"""Neural summaries: networks, the losses that train them, and the fit."""

from fullfield.compress.augment import augment_maps
from fullfield.compress.compressor import Compressor, load_compressors, save_compressors
from fullfield.compress.fit import CompressorSettings, fit_compressor
from fullfield.compress.imnn import imnn
from fullfield.compress.losses import LOSSES, Loss
from fullfield.compress.views import Source

__all__ = [
    "LOSSES",
    "Compressor",
    "CompressorSettings",
    "Loss",
    "Source",
    "augment_maps",
    "fit_compressor",
    "imnn",
    "load_compressors",
    "save_compressors",
]
