"""Summaries without weights, invariant under rolls, flips and rotations: an input of the compression network.

Band powers hold the Gaussian information; cross-spectra of the Wiener-filtered maps with their own products
("skew-spectra", the optimal bispectrum estimator for local couplings such as the lognormal's; Schmittfull, Baldauf &
Seljak 2015, arXiv 1411.6595) and spectra of the products hold the lowest orders of what is beyond.
"""

import dataclasses

import jax.numpy as jnp
import numpy as np

from fullfield.fields.grid import Grid
from fullfield.fields.power_spectrum import PowerSpectrumEstimator
from fullfield.fields.wiener import filter_maps
from fullfield.pairs import pair_indices
from fullfield.types import Array, Float


@dataclasses.dataclass(frozen=True)
class SpectralFeatures:
    """Band powers and skew-spectra of one set of maps.

    Attributes
    ----------
    grid
        The grid of the maps.
    matrix
        (bins, bins, distinct) Wiener filter, as `fields.wiener` gives it.
    num_bands
        Logarithmic bands of the power spectra.
    num_product_bands
        Logarithmic bands of the spectra that involve products of maps.
    """

    grid: Grid
    matrix: np.ndarray
    num_bands: int = 12
    num_product_bands: int = 6

    def __call__(self, x: Float[Array, "bins n n"]) -> Float[Array, " f"]:
        """Return the features of one set of maps."""
        filtered = filter_maps(self.grid, jnp.asarray(self.matrix), x)
        filtered = filtered / jnp.std(filtered, axis=(1, 2), keepdims=True)
        return jnp.concatenate([log_band_powers(self.grid, x, self.num_bands), self._products(filtered)])

    def _products(self, w: Array) -> Array:
        """Cross-spectra of w_i w_j with w_k, and auto-spectra of w_i w_j, normalised to order one."""
        num_bins = w.shape[0]
        i, j = pair_indices(num_bins)
        products = w[i] * w[j]
        modes = jnp.fft.rfft2(jnp.concatenate([w, products])).reshape(num_bins + len(i), -1)
        estimator = PowerSpectrumEstimator(self.grid, self.num_product_bands)
        linear, quadratic = modes[:num_bins], modes[num_bins:]
        skew = jnp.stack([estimator.bin_modes(quadratic * jnp.conj(mode)) for mode in linear])
        kurtosis = estimator.bin_modes(quadratic * jnp.conj(quadratic))
        scale = self.grid.num_pixels**-2
        return jnp.concatenate([(skew * scale).ravel(), jnp.log(kurtosis * scale).ravel()])


def log_band_powers(grid: Grid, x: Float[Array, "bins n n"], num_bands: int = 12) -> Float[Array, " f"]:
    """Return logarithms of the auto-spectra and correlation coefficients of the cross-spectra, in logarithmic bands."""
    spectra = PowerSpectrumEstimator(grid, num_bands)(x)
    i, j = pair_indices(x.shape[0])
    auto = jnp.log(spectra[np.flatnonzero(i == j)])
    cross = spectra[np.flatnonzero(i != j)] * jnp.exp(-(auto[i[i != j]] + auto[j[i != j]]) / 2)
    return jnp.concatenate([auto.ravel(), cross.ravel()])
