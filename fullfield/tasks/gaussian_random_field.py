"""A Gaussian random field with a power-law spectrum."""

import jax.numpy as jnp
import numpy as np

from fullfield.fields import Grid
from fullfield.tasks.prior import ProductPrior, Uniform
from fullfield.tasks.random_fields import FieldModel, field_task
from fullfield.tasks.task import Task

PRIOR = ProductPrior((Uniform(0.1, 1.25), Uniform(0.1, 1.25)))


def gaussian_random_field(*, num_pixels: int = 32) -> Task:
    r"""Build the task of Makinen et al. 2021 (arXiv:2107.07405, sec. 4): P(k) = A k^{-B}, k = 2 pi n / N.

    theta = (A, B) ~ U[0.1, 1.25]^2. x is drawn as the Fourier transform of real white noise, as a real field must be;
    the published simulator takes one quadrant of modes with real amplitudes, which is less informative.

    Parameters
    ----------
    num_pixels
        N, even; x has shape (N, N).
    """
    fiducial = np.array([1.0, 0.5], np.float32)
    return field_task("gaussian_random_field", ("A", "B"), PRIOR, fiducial, gaussian_field_model(num_pixels))


def gaussian_field_model(num_pixels: int) -> FieldModel:
    """Return the spectrum on the modes of the grid; the mean, k = 0, has none and is left out."""
    grid = Grid(num_pixels, 1.0)
    log_k = np.log(2.0 * np.pi / num_pixels * np.maximum(np.hypot(*grid.distinct), 1.0)).astype(np.float32)

    def log_variance(theta):
        amplitude, slope = theta
        return jnp.log(amplitude) - slope * log_k

    return FieldModel(grid, log_variance, is_lognormal=False)
