"""The six parameters, their fiducial values and priors, and the flat wCDM cosmology that they stand for."""

import dataclasses
import math

import jax.numpy as jnp
import jax_cosmo
import numpy as np

from fullfield.types import ArrayLike, Float

PARAMETER_NAMES = ("Omega_c", "Omega_b", "sigma8", "h", "n_s", "w0")
"""Order of the parameters in every array of the library."""


@dataclasses.dataclass(frozen=True)
class Parameters:
    """One value per parameter; the defaults are the fiducial cosmology of arXiv 2407.10877.

    Attributes
    ----------
    Omega_c, Omega_b
        Density of cold dark matter and of baryons today, in units of the critical density.
    sigma8
        Standard deviation of the linear density in spheres of 8 Mpc/h today.
    h
        Hubble constant in 100 km/s/Mpc.
    n_s
        Slope of the primordial spectrum.
    w0
        Dark-energy equation of state, constant in time.
    """

    Omega_c: float = 0.2664
    Omega_b: float = 0.0492
    sigma8: float = 0.831
    h: float = 0.6727
    n_s: float = 0.9645
    w0: float = -1.0

    def to_array(self) -> np.ndarray:
        """Return theta, (6,) float64, in the order of `PARAMETER_NAMES`."""
        return np.array([getattr(self, name) for name in PARAMETER_NAMES])


@dataclasses.dataclass(frozen=True)
class Marginal:
    """Normal(loc, scale) restricted to low < theta < high."""

    loc: float
    scale: float
    low: float = -math.inf
    high: float = math.inf


FIDUCIAL = Parameters()
"""Fiducial cosmology."""

PRIOR = {
    # Published with low=0; below Omega_c ~ 0.02 the covariance of the Gaussian field is not positive definite.
    "Omega_c": Marginal(0.2664, 0.2, low=0.03),
    # The positivity bounds of Omega_b, sigma8 and h are ours: 6 to 11 sigma out, they only exclude the unphysical.
    "Omega_b": Marginal(0.0492, 0.006, low=0.0),
    "sigma8": Marginal(0.831, 0.14, low=0.0),
    "h": Marginal(0.6727, 0.063, low=0.0),
    "n_s": Marginal(0.9645, 0.08),
    "w0": Marginal(-1.0, 0.9, low=-2.0, high=-0.3),
}
"""Prior of each parameter (arXiv 2407.10877), independent, in the order of `PARAMETER_NAMES`."""


def to_cosmology(theta: Float[ArrayLike, " 6"]) -> jax_cosmo.Cosmology:
    """Return the flat wCDM cosmology of theta, Omega_k = 0 and w_a = 0.

    Parameters
    ----------
    theta
        (6,) parameters in the order of `PARAMETER_NAMES`.

    Returns
    -------
    jax_cosmo.Cosmology
        The cosmology, for jax-cosmo's background and `theory.matter`.
    """
    values = dict(zip(PARAMETER_NAMES, jnp.asarray(theta), strict=True))
    return jax_cosmo.Cosmology(Omega_k=0.0, wa=0.0, **values)
