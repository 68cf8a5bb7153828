"""Measured and expected band powers of an observation."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from fullfield.fields import PowerSpectrumEstimator
from fullfield.keys import stage_key
from fullfield.pipeline.problem import Lensing
from fullfield.tasks.batches import simulate
from fullfield.tasks.lensing import spectrum_on_grid

NUM_BANDS = 10
NUM_MOCKS = 200


class BandPowers(NamedTuple):
    """Band powers in steradian; the first axis of each is the pair of bins."""

    ell: np.ndarray
    measured: np.ndarray
    expected: np.ndarray
    """Theory and noise, averaged over the same modes."""
    error: np.ndarray
    """Standard deviation of one map, from simulations at the same parameters."""
    noise: np.ndarray
    """(num_bins,) noise level sigma_i^2 A_pix."""


def compare_spectra(setup: Lensing, x: np.ndarray, theta: np.ndarray, seed: int) -> BandPowers:
    """Measure the band powers of a map and predict them at theta.

    Parameters
    ----------
    setup
        The lensing task.
    x
        (num_bins, N, N) noisy maps.
    theta
        (p,) the truth, or the reference's posterior mean where the truth is unknown.
    seed
        Integer seed of the maps that give the error.

    Returns
    -------
    BandPowers
        Band powers with the noise included.
    """
    estimator = PowerSpectrumEstimator(setup.grid, NUM_BANDS)
    theta = jnp.asarray(theta, jnp.float32)
    noise = np.asarray(setup.noise_sigma) ** 2 * setup.grid.pixel_area
    spectrum = spectrum_on_grid(setup.grid, setup.theory, np.asarray(setup.theory.ell))(theta) * setup.grid.pixel_area
    expected = np.array(estimator.average(spectrum))
    i, j = np.triu_indices(len(noise))
    expected[i == j] += noise[:, None]
    mocks = simulate(stage_key(seed, "band_powers"), setup.task, NUM_MOCKS, theta=jnp.tile(theta, (NUM_MOCKS, 1)))
    error = np.std([np.asarray(estimator(one)) for one in mocks.x], axis=0, ddof=1)
    return BandPowers(estimator.ell, np.asarray(estimator(jnp.asarray(x))), expected, error, noise)
