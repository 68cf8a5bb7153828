"""Cubic and quartic statistics of maps, weighted as for a nearly Gaussian field: summaries from spectra alone.

Where a field couples locally to itself, kappa_i = g_i + g_i^2 / (2 lambda_i) + ..., the optimal estimator of its
bispectrum is the product <y_i w_i^2> of the inverse-variance filtered maps y = C^-1 x with the Wiener-filtered ones,
w = P y (Komatsu, Spergel & Wandelt 2005, arXiv astro-ph/0305189; as spectra, Munshi & Heavens 2010, arXiv 0904.4478);
one order on, the trispectrum has y w^3 and the exchange of two couplings. Filters and weights are those of the maps'
own Gaussian-field estimate: spectra, noise and prior enter, the joint density of maps and latents and its gradients do
not.
"""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.fields.grid import Grid
from fullfield.fields.marginal import inverse_covariance
from fullfield.fields.wiener import apply_symmetric
from fullfield.pairs import pair_indices
from fullfield.pipeline.gaussian_estimate import GaussianEstimate
from fullfield.precision import full_precision
from fullfield.types import Array, ArrayLike, Complex, Float


@dataclasses.dataclass(frozen=True, eq=False)
class Polyspectra:
    r"""Function of maps and their Gaussian-field estimate, of length 7 p + 3 bins for p parameters.

    With y = C^{-1} x, w = P y, v = y w / lambda, q = v w / lambda and r = y (P v) / lambda,

    .. math:: (u, \ln H_{pp}, [y, y]_p, [v, y]_p, [q, y]_p, [v, v]_p, [r, y]_p,
              \langle v w \rangle_i, \langle q w \rangle_i, \langle v P v \rangle_i), \quad
              [a, b]_p = N^{-2} \sum_k \sum_{ij} \partial_p P_{ij}(k) \, \mathrm{Re} \, a_i(k) b_j(k)^*,

    u the estimate, H its precision, k all modes but the mean, and lambda a constant of each bin.
    [a, b]_p is how the product of a with the filtered b answers to a change of the spectra along u_p; it is divided by
    sqrt(H_pp), means over the N^2 pixels are multiplied by N, and arcsinh is taken of both, whose tails are heavy.

    Attributes
    ----------
    grid
        The grid.
    spectrum
        u -> signal power P_ij(k) per pixel on the distinct modes, (pairs, distinct); the mean's is not used.
    noise_sigma
        (num_bins,) standard deviation of the noise per pixel.
    scale
        (num_bins,) lambda: of lensing maps the shift at the fiducial point.
    """

    grid: Grid
    spectrum: Callable[[Array], Array]
    noise_sigma: Float[ArrayLike, " bins"]
    scale: Float[ArrayLike, " bins"]

    def __call__(self, x: Float[Array, "bins n n"], estimate: GaussianEstimate) -> Float[Array, " f"]:
        """Return the statistics of one set of maps."""
        spectrum = self._spectrum(estimate.u)
        inverse_covariances = inverse_covariance(spectrum, self.noise_sigma)
        signal, inverse = jnp.split(self._on_half_plane(jnp.concatenate([spectrum, inverse_covariances])), 2)
        y_modes = apply_symmetric(inverse, self._modes(x))
        y, w = jnp.split(self._maps(jnp.concatenate([y_modes, apply_symmetric(signal, y_modes)])), 2)
        scale = np.asarray(self.scale, np.float32)[:, None, None]
        v = y * w / scale
        q = v * w / scale
        v_modes, q_modes = jnp.split(self._modes(jnp.concatenate([v, q])), 2)
        filtered = self._maps(apply_symmetric(signal, v_modes))
        r_modes = self._modes(y * filtered / scale)
        pairs = ((y_modes, y_modes), (v_modes, y_modes), (q_modes, y_modes), (v_modes, v_modes), (r_modes, y_modes))
        answers = self._answers(estimate.u, jnp.stack([self._products(a, b) for a, b in pairs]))
        means = jnp.stack([jnp.mean(product, (1, 2)) for product in (v * w, q * w, v * filtered)])
        precision = jnp.diag(estimate.precision)
        numbers = (answers / jnp.sqrt(precision)).ravel(), means.ravel() * self.grid.num_pixels
        return jnp.concatenate([estimate.u, jnp.log(precision), *map(jnp.arcsinh, numbers)])

    def _spectrum(self, u: Float[Array, " p"]) -> Float[Array, "pairs distinct"]:
        return self.spectrum(u).at[:, 0].set(0.0)

    def _on_half_plane(self, values: Float[Array, "*k distinct"]) -> Float[Array, "*k n half"]:
        return self.grid.to_half_plane(self.grid.to_quadrant(values))

    def _modes(self, maps: Float[Array, "maps n n"]) -> Complex[Array, "maps n half"]:
        return jnp.fft.rfft2(maps).at[:, 0, 0].set(0.0)

    def _maps(self, modes: Complex[Array, "maps n half"]) -> Float[Array, "maps n n"]:
        return jnp.fft.irfft2(modes, s=(self.grid.num_pixels,) * 2)

    def _products(
        self, a: Complex[Array, "bins n half"], b: Complex[Array, "bins n half"]
    ) -> Float[Array, "pairs n half"]:
        """Return what multiplies P_ij of every pair in N^-2 sum_k sum_ij P_ij Re a_i b_j^*, P_ij = P_ji."""
        i, j = pair_indices(len(a))
        weight = np.where(i == j, 0.5, 1.0)[:, None, None] * self.grid.multiplicity / self.grid.num_pixels**2
        return (a[i] * jnp.conj(b[j]) + a[j] * jnp.conj(b[i])).real * weight.astype(np.float32)

    @full_precision
    def _answers(self, u: Float[Array, " p"], products: Float[Array, "k pairs n half"]) -> Float[Array, "k p"]:
        derivatives = self._on_half_plane(jnp.moveaxis(jax.jacfwd(self._spectrum)(u), -1, 0))
        return jnp.einsum("pcyx,kcyx->kp", derivatives, products)
