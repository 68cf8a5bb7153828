"""The standard analysis: binned auto- and cross-spectra with a Gaussian likelihood, its covariance from simulations."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from fullfield.fields import PowerSpectrumEstimator
from fullfield.pairs import pair_indices
from fullfield.pipeline.parameter_chains import sample_parameters
from fullfield.pipeline.problem import Lensing, require_valid
from fullfield.precision import full_precision
from fullfield.samplers import Chains, ChainSettings
from fullfield.tasks.batches import simulate_chunks
from fullfield.tasks.lensing import spectrum_on_grid
from fullfield.types import Array, ArrayLike, Float, RandomKey

NUM_BANDS = 10


class BandCovariance(NamedTuple):
    """Covariance of the band powers at the fiducial point."""

    matrix: Float[np.ndarray, "d d"]
    """(d, d) unbiased sample covariance, steradian^2, the d = num_pairs x num_bands powers pair by pair."""
    num_simulations: int
    """Simulations it was estimated from."""

    @classmethod
    def from_dataset(cls, stored: xr.Dataset) -> "BandCovariance":
        """Return the covariance of a file, whose attributes count its simulations."""
        return cls(stored["matrix"].values, stored.attrs["cost"]["simulations"] - stored.attrs["num_discarded"])

    @property
    def hartlap(self) -> float:
        """Return (n - d - 2) / (n - 1), which makes the inverse unbiased (Hartlap et al. 2007, eq. 17)."""
        return (self.num_simulations - len(self.matrix) - 2.0) / (self.num_simulations - 1.0)


def band_covariance(key: RandomKey, setup: Lensing, num_simulations: int) -> BandCovariance:
    """Estimate the covariance of the band powers from noisy maps at the fiducial point.

    Raises
    ------
    ValueError
        Where there are too few simulations for the number of band powers, or more than a few are invalid.
    """
    estimator = PowerSpectrumEstimator(setup.grid, NUM_BANDS)
    theta = jnp.tile(jnp.asarray(setup.task.fiducial), (num_simulations, 1))
    measure = jax.jit(lambda x: jax.lax.map(lambda one: estimator(one).ravel(), x))
    powers, valid = [], []
    for chunk in simulate_chunks(key, setup.task, num_simulations, theta=theta):
        powers.append(np.asarray(measure(jnp.asarray(chunk.x)), np.float64))
        valid.append(np.asarray(chunk.num_invalid) == 0)
    powers, valid = np.concatenate(powers), np.concatenate(valid)
    require_valid(valid)
    powers = powers[valid]
    if len(powers) < powers.shape[1] + 10:
        raise ValueError(
            f"{len(powers)} simulations for the covariance of {powers.shape[1]} band powers; at least"
            f" {powers.shape[1] + 10} are needed: raise scales.<scale>.explicit.num_covariance"
        )
    return BandCovariance(np.cov(powers, rowvar=False), len(powers))


def sample_power_spectrum(
    key: RandomKey,
    setup: Lensing,
    covariance: BandCovariance,
    x: Float[ArrayLike, "observation bins n n"],
    settings: ChainSettings,
) -> Chains:
    r"""Sample the posteriors of the parameters given the band powers of one or several sets of maps, with NUTS.

    .. math:: \log p(u | \hat C) = -\frac{h}{2} (\hat C - C(\theta))^T S^{-1} (\hat C - C(\theta)) - |u|^2 / 2,

    S the covariance at the fiducial point, the same for every theta, h its Hartlap factor, C(theta) theory and noise
    averaged over the modes of each band.

    Parameters
    ----------
    key
        A typed key.
    setup
        The lensing task.
    covariance
        From `band_covariance`.
    x
        (num_bins, N, N) maps along the first axis.
    settings
        Budget of the chains of each observation.

    Returns
    -------
    Chains
        ``draws`` are u, (observation x chain, draw, p).
    """
    estimator = PowerSpectrumEstimator(setup.grid, NUM_BANDS)
    prior, noise = setup.task.prior, np.asarray(setup.noise_sigma) ** 2
    spectrum = spectrum_on_grid(setup.grid, setup.theory, np.asarray(setup.theory.ell))
    i, j = pair_indices(len(noise))
    diagonal = np.where(i == j, noise[i], 0.0)[:, None].astype(np.float32)
    scale = np.sqrt(covariance.matrix.diagonal())
    # Whitened in float64, in units of the errors: the powers themselves are 1e-9 and strongly correlated.
    whitening = np.linalg.inv(np.linalg.cholesky(covariance.matrix / np.outer(scale, scale)))
    matrix = (np.sqrt(covariance.hartlap) * whitening).astype(np.float32)

    def powers(theta: Float[Array, " p"]) -> Float[Array, " d"]:
        return ((estimator.average(spectrum(theta)) + diagonal) * setup.grid.pixel_area).ravel() / scale

    @full_precision
    def log_likelihood(u, measured):
        residual = matrix @ (measured - powers(prior.to_constrained(u)))
        return -0.5 * jnp.sum(residual**2)

    measured = jax.jit(lambda x: jax.lax.map(lambda one: estimator(one).ravel(), x))(jnp.asarray(x)) / scale
    data = jnp.repeat(measured.astype(jnp.float32), settings.num_chains, axis=0)
    return sample_parameters(key, log_likelihood, len(prior.marginals), data, settings)
