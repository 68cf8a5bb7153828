"""Binned auto- and cross-spectra of maps."""

import dataclasses
import functools

import jax.numpy as jnp
import numpy as np

from fullfield.fields.grid import Grid
from fullfield.pairs import pair_indices
from fullfield.precision import full_precision
from fullfield.types import Array, Complex, Float


@dataclasses.dataclass(frozen=True)
class PowerSpectrumEstimator:
    """Band powers C_b^ij = A_pix / (N^2 n_b) sum_{k in b} Re[x_i(k) x_j(k)^*] in logarithmic bins of ell.

    Attributes
    ----------
    grid
        The grid.
    num_bands
        Bands between the fundamental mode and the Nyquist frequency; bands without a mode are merged into the next one.
    has_corners
        Whether they go on to the corners of the plane, sqrt(2) beyond the Nyquist frequency.
    """

    grid: Grid
    num_bands: int = 10
    has_corners: bool = False

    @functools.cached_property
    def _bands(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        ell = self.grid.ell
        weight = np.broadcast_to(self.grid.multiplicity[None], ell.shape)
        nyquist = self.grid.fundamental * self.grid.num_pixels / 2
        highest = ell.max() if self.has_corners else nyquist
        edges = np.geomspace(0.999 * self.grid.fundamental, 1.001 * highest, self.num_bands + 1)
        band = np.digitize(ell, edges) - 1
        inside = (band >= 0) & (band < self.num_bands)
        occupied = np.unique(band[inside])
        band = np.where(inside, np.searchsorted(occupied, band), len(occupied))
        counts = np.bincount(band.ravel(), weight.ravel(), len(occupied) + 1)[:-1]
        centres = np.bincount(band.ravel(), (weight * ell).ravel(), len(occupied) + 1)[:-1] / counts
        operator = np.zeros((len(occupied) + 1, ell.size), np.float32)
        operator[band.ravel(), np.arange(ell.size)] = weight.ravel()
        return operator[:-1] / counts[:, None], centres, counts

    @property
    def ell(self) -> np.ndarray:
        """(num_bands,) mean multipole of the modes in each band."""
        return self._bands[1]

    @property
    def num_modes(self) -> np.ndarray:
        """(num_bands,) modes of the full plane in each band; half of them are independent for a real map."""
        return self._bands[2]

    def __call__(self, x: Float[Array, "bins n n"]) -> Float[Array, "pairs bands"]:
        """Measure the band powers of one set of maps.

        Parameters
        ----------
        x
            (num_bins, N, N) maps.

        Returns
        -------
        Array
            (num_pairs, num_bands) C_b in steradian, noise included, pairs in the order (0, 0), (0, 1), ...
        """
        modes = jnp.fft.rfft2(x).reshape(x.shape[0], -1)
        i, j = pair_indices(x.shape[0])
        return self.bin_modes(modes[i] * jnp.conj(modes[j])) * (self.grid.pixel_area / self.grid.num_pixels**2)

    @full_precision
    def bin_modes(self, products: Complex[Array, "pairs modes"]) -> Float[Array, "pairs bands"]:
        """Average the real part of products of modes, given on the flattened half-plane of `rfft2`, over each band."""
        return products.real @ self._bands[0].T.astype(np.float32)

    @full_precision
    def average(self, spectrum: Float[Array, "pairs distinct"]) -> Float[Array, "pairs bands"]:
        """Average a spectrum given on the distinct modes over the modes of each band, with the same weights."""
        half_plane = self.grid.to_half_plane(self.grid.to_quadrant(spectrum))
        return half_plane.reshape(spectrum.shape[0], -1) @ self._bands[0].T.astype(np.float32)
