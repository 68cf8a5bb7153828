"""A lognormal random field: the matter of a slab of the universe, with a linear spectrum."""

import jax.numpy as jnp
import jax_cosmo
import numpy as np

from fullfield.fields import Grid, gaussian_spectrum
from fullfield.tasks.prior import ProductPrior, Uniform
from fullfield.tasks.random_fields import FieldModel, field_task
from fullfield.tasks.task import Task
from fullfield.theory.matter import linear_spectrum

BOX, DEPTH = 250.0, 100.0
"""Side of the field and depth of the slab, Mpc/h."""
OMEGA_B, H, N_S = 0.0486, 0.6774, 0.9667
"""Planck Collaboration 2016 (arXiv:1502.01589)."""
PRIOR = ProductPrior((Uniform(0.05, 1.0), Uniform(0.2, 1.3)))
"""Below Omega_c = 0.05 some modes of the logarithm would have negative variances."""


def lognormal_random_field(*, num_pixels: int = 32, depth: float = DEPTH) -> Task:
    r"""Build the task of Makinen et al. 2021 (arXiv:2107.07405, sec. 5): a projected lognormal density.

    .. math:: e = \mathrm{FFT}[\ln(1 + \xi)], \quad \xi = \mathrm{FFT}^{-1}[P(k) / (d \, a^2)]

    with P the linear spectrum today (Eisenstein & Hu), d the depth and a the side of a pixel. theta =
    (Omega_c, sigma8) ~ U[0.05, 1] x U[0.2, 1.3], where every e is positive; published from Omega_c = 0.01 on.

    Parameters
    ----------
    num_pixels
        N, even; x has shape (N, N), over 250 Mpc/h.
    depth
        Depth of the slab, Mpc/h.
    """
    field = lognormal_field_model(num_pixels, depth)
    fiducial = np.array([0.4, 0.6], np.float32)
    return field_task("lognormal_random_field", ("Omega_c", "sigma8"), PRIOR, fiducial, field)


def lognormal_field_model(num_pixels: int, depth: float = DEPTH) -> FieldModel:
    """Return the variances of the modes of ln(1 + x); NaN where one is not positive."""
    grid = Grid(num_pixels, 1.0)
    k = 2.0 * np.pi / BOX * np.maximum(np.hypot(*grid.distinct), 1.0)
    volume = depth * (BOX / num_pixels) ** 2

    def log_variance(theta):
        omega_c, sigma8 = theta
        cosmo = jax_cosmo.Cosmology(
            Omega_c=omega_c, Omega_b=OMEGA_B, h=H, n_s=N_S, sigma8=sigma8, Omega_k=0.0, w0=-1.0, wa=0.0
        )
        spectrum = linear_spectrum(cosmo, jnp.asarray(k, jnp.float32)) / volume
        gaussian = gaussian_spectrum(grid, spectrum[None], jnp.ones(1))
        root = gaussian.factor[0][0].at[0].set(1.0)
        return jnp.where(gaussian.num_nonpositive > 0, jnp.nan, 2.0 * jnp.log(root))

    return FieldModel(grid, log_variance, is_lognormal=True)
