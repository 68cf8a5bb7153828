"""Angular power spectra of the convergence by Limber projection of the nonlinear matter spectrum.

C_ell^ij = [(l+2)! / (l-2)!] / (l + 1/2)^4 int dchi W_i(chi) W_j(chi) / chi^2 P_nl((l + 1/2) / chi, z(chi)).

The integral is a Gauss-Legendre sum over fixed scale factors, so P_nl is evaluated just where it is needed; whatever
does not depend on theta (nodes, n(z), integration matrices) is computed once, in NumPy. Lengths are in Mpc/h.
"""

import dataclasses
import functools
from typing import NamedTuple

import jax.numpy as jnp
import jax_cosmo
import numpy as np
from jax_cosmo import background

from fullfield.survey import Survey
from fullfield.theory.matter import nonlinear_spectrum
from fullfield.types import Array, ArrayLike, Float

HUBBLE_RADIUS = jax_cosmo.constants.rh
"""c / H0 in Mpc/h."""


def ell_nodes(field_deg: float, num_pixels: int, num: int = 56) -> Float[np.ndarray, " ell"]:
    """Return log-spaced multipoles from just below the fundamental mode, 2 pi / field, to above sqrt2 times Nyquist.

    Parameters
    ----------
    field_deg
        Side of the field in degrees.
    num_pixels
        Pixels on a side.
    num
        Number of multipoles.

    Returns
    -------
    np.ndarray
        (num,) multipoles that bracket every mode of the grid but DC.
    """
    fundamental = 2.0 * np.pi / np.deg2rad(field_deg)
    return np.geomspace(0.98 * fundamental, 1.02 * np.sqrt(2.0) * fundamental * num_pixels / 2, num)


class LineOfSight(NamedTuple):
    """Geometry of one cosmology at the nodes of the projection."""

    a: Float[ArrayLike, " node"]
    """Scale factor."""
    chi: Float[Array, " node"]
    """Comoving distance, Mpc/h."""
    measure: Float[Array, " node"]
    """dchi: quadrature weight, Mpc/h."""
    weight: Float[Array, "bins node"]
    """W_i = 3/2 Omega_m (H0/c)^2 (chi/a) int_chi dchi' n_i(chi') (1 - chi/chi'), h/Mpc; kappa = int dchi W delta."""


@dataclasses.dataclass(frozen=True)
class Projection:
    """The theta-independent part of every line-of-sight integral of a survey.

    Attributes
    ----------
    survey
        The survey, for its n(z).
    num_nodes
        Nodes of the outer integral.
    num_redshifts
        Redshifts of the inner tables (distance, lensing efficiency), integrated as cubic splines.
    """

    survey: Survey
    num_nodes: int = 128
    num_redshifts: int = 300

    @functools.cached_property
    def _nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """Gauss-Legendre nodes and weights in the scale factor, from 1 / (1 + z_max) to 1."""
        x, weight = np.polynomial.legendre.leggauss(self.num_nodes)
        lowest = 1.0 / (1.0 + self.survey.nz.z_max)
        return lowest + (1.0 - lowest) * (x + 1.0) / 2.0, weight * (1.0 - lowest) / 2.0

    @functools.cached_property
    def _tables(self) -> dict[str, np.ndarray]:
        """Redshifts, n(z), and matrices that integrate a table from 0 to z (`below`) and from z to z_max (`above`)."""
        import scipy.interpolate  # a quarter of a second that jobs without maps should not pay

        z = np.expm1(np.linspace(0.0, np.log1p(self.survey.nz.z_max), self.num_redshifts))
        integral = scipy.interpolate.CubicSpline(z, np.eye(len(z))).antiderivative()
        z_node = 1.0 / self._nodes[0] - 1.0
        below, above = integral(z_node) - integral(0.0), integral(z[-1]) - integral(z_node)
        nz = self.survey.bin_nz(z)
        return {"z": z, "nz": nz, "distance": integral(z)[1:], "below": below, "above": above, "behind": nz @ above.T}

    def __call__(self, cosmo: jax_cosmo.Cosmology) -> LineOfSight:
        """Return distances and lensing weights of one cosmology."""
        tables, (a, weight_a) = self._tables, self._nodes
        slope = HUBBLE_RADIUS / jnp.sqrt(background.Esqr(cosmo, 1.0 / (1.0 + tables["z"])))
        chi = tables["below"] @ slope
        # n(z) / chi vanishes at z = 0, where n(z) falls faster than chi: the first column is left out.
        ratio = tables["nz"][:, 1:] / (tables["distance"] @ slope)
        efficiency = tables["behind"] - chi * (ratio @ tables["above"][:, 1:].T)
        weight = 1.5 * cosmo.Omega_m / HUBBLE_RADIUS**2 * chi / a * efficiency
        return LineOfSight(a, chi, weight_a * background.dchioverda(cosmo, a), weight)


def log_spectra(
    cosmo: jax_cosmo.Cosmology, line_of_sight: LineOfSight, ell: Float[np.ndarray, " ell"]
) -> Float[Array, "pairs ell"]:
    """Return log C_ell^ij of one cosmology, pairs in the order (0, 0), (0, 1), ..., (n-1, n-1)."""
    a, chi, measure, weight = line_of_sight
    wavenumber = (ell[:, None] + 0.5) / chi
    spectrum = nonlinear_spectrum(cosmo, wavenumber, a)
    i, j = np.triu_indices(weight.shape[0])
    projected = (weight[i] * weight[j] * measure / chi**2) @ spectrum.T
    prefactor = (ell - 1.0) * ell * (ell + 1.0) * (ell + 2.0) / (ell + 0.5) ** 4
    return jnp.log(prefactor * projected)
