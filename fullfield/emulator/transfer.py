"""The transfer function: modes of a cheap simulation scaled to the spectrum of an expensive one."""

import dataclasses

import jax.numpy as jnp
import numpy as np

from fullfield.emulator.pairing import Bank
from fullfield.fields import Grid
from fullfield.fields.power_spectrum import PowerSpectrumEstimator
from fullfield.types import Array, Float

NUM_BANDS = 12


@dataclasses.dataclass(frozen=True)
class TransferFunction:
    r"""Maps with every mode scaled, :math:`x_k \to T(|k|, \theta) x_k`, which moves no phase.

    ln T is linear in ln |k| between bands, and a quadratic polynomial in theta in each.

    Attributes
    ----------
    log_k
        Logarithms of the bands' wavenumbers, in units of the lowest mode.
    coefficients
        Of ln T: 1, theta_a, theta_a theta_b (a <= b), in each band.
    """

    log_k: Float[np.ndarray, " band"]
    coefficients: Float[np.ndarray, "term band"]

    def __call__(self, x: Float[Array, "batch n n"], theta: Float[Array, "batch p"]) -> Float[Array, "batch n n"]:
        """Return scaled maps; their means stay."""
        grid = Grid(x.shape[-1], 1.0)
        k = np.log(np.maximum(grid.ell / grid.fundamental, 1.0))
        nodes = np.eye(len(self.log_k))
        weights = np.stack([np.interp(k, self.log_k, node) for node in nodes])
        weights[:, 0, 0] = 0.0
        values = jnp.einsum("nt,tb,bkl->nkl", terms(theta), jnp.asarray(self.coefficients, x.dtype), weights)
        return jnp.fft.irfft2(jnp.fft.rfft2(x) * jnp.exp(values), s=x.shape[-2:])


def fit_transfer(source: Bank, target: Bank) -> TransferFunction:
    r"""Return :math:`T = (P_1 / P_0)^{1/2}` from unpaired maps of mean zero, by least squares of their log band powers.

    The mean of a logarithm is below the logarithm of the mean, by more where powers scatter more: the mean of the
    residuals' exponentials makes up for it (Duan 1983).
    """
    grid = Grid(source.x.shape[-1], 1.0)
    estimator = PowerSpectrumEstimator(grid, NUM_BANDS, has_corners=True)
    fits = []
    for bank in (source, target):
        powers = np.log(band_powers(estimator, bank.x))
        design = np.asarray(terms(bank.theta), np.float64)
        coefficients = np.linalg.lstsq(design, powers, rcond=None)[0]
        # From the mean of the logarithm to the logarithm of the mean.
        coefficients[0] += np.log(np.mean(np.exp(powers - design @ coefficients), axis=0))
        fits.append(coefficients)
    return TransferFunction(np.log(estimator.ell / grid.fundamental), (fits[1] - fits[0]) / 2.0)


def band_powers(
    estimator: PowerSpectrumEstimator,
    x: Float[np.ndarray, "n side side"],
    y: Float[np.ndarray, "n side side"] | None = None,
) -> Float[np.ndarray, "n band"]:
    """Return band powers of single maps, or cross powers of pairs of them, in units of the field's area."""
    modes = [jnp.fft.rfft2(jnp.asarray(maps)) for maps in (x, x if y is None else y)]
    products = (modes[0] * jnp.conj(modes[1])).reshape(len(x), -1)
    return np.asarray(estimator.bin_modes(products), np.float64) / x.shape[-1] ** 4


def terms(theta: Float[Array | np.ndarray, "n p"]) -> Array:
    """Return 1, theta_a and theta_a theta_b, a <= b."""
    theta = jnp.asarray(theta)
    first, second = np.triu_indices(theta.shape[1])
    return jnp.concatenate([jnp.ones((len(theta), 1)), theta, theta[:, first] * theta[:, second]], axis=1)
