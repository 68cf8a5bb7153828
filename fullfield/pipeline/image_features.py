"""What networks see of images from a file: polyspectra about estimated spectra, and the means."""

import dataclasses
import functools
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fullfield import io
from fullfield.fields import Grid
from fullfield.fields.wiener import wiener_matrix
from fullfield.keys import stage_key
from fullfield.pairs import pair_indices
from fullfield.pipeline.estimated_spectra import EstimatedSpectra, fit_spectra
from fullfield.pipeline.gaussian_estimate import GaussianField
from fullfield.pipeline.map_features import with_filtered
from fullfield.pipeline.polyspectra import Polyspectra
from fullfield.pipeline.stored_simulations import Stored, rows_of
from fullfield.types import Array, Float

FIELD_DEG = 10.0
"""Side of the grid: images carry no angle, and nothing depends on it."""
WHITE_SHARE = 0.5
"""Where no noise is declared, what is taken for white noise: this share of a bin's smallest band power at u = 0. On
lensing maps, whose noise is most of that, 0.9 gave summaries that know .08 nats less."""
ROUNDING = 1e-5
ARRAYS = ("scale", "noise_sigma", "has_mean")
SPECTRA_ARRAYS = ("mean_spectrum", "own_noise")


@dataclasses.dataclass(frozen=True, eq=False)
class ImageFeatures:
    """Function of one set of images, of length 7 p + 4 bins for p parameters.

    Attributes
    ----------
    spectra
        Signal spectra of images divided by `scale`.
    scale
        (bins,) standard deviation of each bin over pixels and simulations, means apart.
    noise_sigma
        (bins,) standard deviation of the noise per pixel, divided by `scale`.
    has_mean
        (bins,) one where the mean of a bin varies, zero where only its rounding errors do.
    num_parameters
        p.
    """

    spectra: EstimatedSpectra
    scale: Float[np.ndarray, " bins"]
    noise_sigma: Float[np.ndarray, " bins"]
    has_mean: Float[np.ndarray, " bins"]
    num_parameters: int

    def __call__(self, x: Float[Array, "bins n n"]) -> Float[Array, " f"]:
        """Return the polyspectra and the mean of each bin."""
        x = x / self.scale[:, None, None]
        return jnp.concatenate(
            [self._polyspectra(x, self._likelihood.estimate(x)), self.has_mean * jnp.mean(x, axis=(1, 2))]
        )

    def channels(self, x: Float[Array, "bins n n"]) -> Float[Array, "channels n n"]:
        """Return what convolutions see: the images, and the images Wiener-filtered at u = 0."""
        matrix = wiener_matrix(self._mean_spectrum, self.noise_sigma)
        return with_filtered(self.spectra.grid, matrix)(x / self.scale[:, None, None])

    @functools.cached_property
    def _mean_spectrum(self) -> np.ndarray:
        with jax.ensure_compile_time_eval():
            return np.asarray(self.spectra(jnp.zeros(self.num_parameters)))

    @functools.cached_property
    def _likelihood(self) -> GaussianField:
        return GaussianField(self.spectra.grid, self.spectra.in_bands, self.noise_sigma, self.num_parameters)

    @functools.cached_property
    def _polyspectra(self) -> Polyspectra:
        """Products of images, in units of the standard deviation of the filtered ones at u = 0."""
        spectrum = self._mean_spectrum
        i, j = pair_indices(len(self.scale))
        signal = np.zeros((len(self.scale), len(self.scale), spectrum.shape[1]))
        signal[i, j] = signal[j, i] = spectrum
        # w = W x with W = P C^-1 has the spectrum W P.
        power = np.sum(wiener_matrix(spectrum, self.noise_sigma) * signal, axis=1)
        grid = self.spectra.grid
        counts = np.outer(grid.multiplicity, grid.multiplicity)
        variance = np.sum(power[:, grid.distinct_index] * counts, axis=(1, 2)) / grid.num_pixels**2
        return Polyspectra(grid, self.spectra, self.noise_sigma, np.sqrt(variance))


def fit_image_features(problem: Stored, seed: int) -> ImageFeatures:
    """Estimate spectra and filters from the simulations that train compressors.

    Raises
    ------
    ValueError
        As `estimated_spectra.fit_spectra`.
    """
    u, x = (np.asarray(values)[rows_of(problem.num_stored, "training")] for values in problem.data)
    scale = np.sqrt(np.mean(np.var(x, axis=(2, 3), dtype=np.float64), axis=0)).astype(np.float32)
    grid = Grid(x.shape[-1], FIELD_DEG)
    num_validation = len(rows_of(problem.num_stored, "validation"))
    spectra = fit_spectra(stage_key(seed, "fit_image_features"), grid, u, x / scale[:, None, None], num_validation)
    if problem.noise_sigma is None:
        i, j = pair_indices(len(scale))
        smallest = np.asarray(spectra.in_bands(jnp.zeros(u.shape[1])))[i == j].min(axis=1)
        noise_sigma = np.sqrt(WHITE_SHARE * smallest).astype(np.float32)
        spectra = dataclasses.replace(spectra, own_noise=noise_sigma)
    else:
        noise_sigma = problem.noise_sigma / scale
    has_mean = np.std(np.mean(x, axis=(2, 3), dtype=np.float64), axis=0) > ROUNDING * scale
    return ImageFeatures(spectra, scale, noise_sigma, has_mean.astype(np.float32), u.shape[1])


def save(path: str | Path, features: ImageFeatures, attrs: dict[str, Any]) -> None:
    """Write estimated spectra and scales as safetensors, their shapes and `attrs` as JSON beside them."""
    arrays = {name: getattr(features, name) for name in ARRAYS}
    arrays |= {name: getattr(features.spectra, name) for name in SPECTRA_ARRAYS}
    sizes = {"num_pixels": features.spectra.grid.num_pixels, "num_parameters": features.num_parameters}
    io.save_params(path, {"arrays": arrays, "network": features.spectra.params}, {**sizes, **attrs})


def load(path: str | Path) -> ImageFeatures:
    """Read what `save` has written."""
    params, settings = io.load_params(path)
    arrays = {name: np.asarray(value) for name, value in params["arrays"].items()}
    own = {name: arrays[name] for name in SPECTRA_ARRAYS}
    spectra = EstimatedSpectra(Grid(settings["num_pixels"], FIELD_DEG), params=params["network"], **own)
    return ImageFeatures(spectra, **{name: arrays[name] for name in ARRAYS}, num_parameters=settings["num_parameters"])
