r"""The shift lambda_i(theta) of the lognormal maps, from the skewness of the convergence at tree level.

For kappa = lambda (e^{g - s/2} - 1) with variance s2:  S3 = <kappa^3> / <kappa^2>^2 = 3 / lambda + s2 / lambda^3.
S3 is that of tree-level perturbation theory in the pixel's equal-area circle, s2 the variance of the maps on the grid.
Tree level is a modelling choice: pixel radii lie in the nonlinear regime.
"""

from collections.abc import Callable

import jax.numpy as jnp
import jax_cosmo
import numpy as np
import scipy.special
from jax_cosmo import background

from fullfield.theory.matter import linear_spectrum
from fullfield.theory.precision import cached_table
from fullfield.theory.spectra import LineOfSight
from fullfield.types import Array, ArrayLike, Float


def pixel_radius(field_deg: float, num_pixels: int) -> float:
    """Return the angular radius of the circle with the area of a pixel, t = pixel / sqrt(pi), in radians."""
    return float(np.deg2rad(field_deg / num_pixels) / np.sqrt(np.pi))


@cached_table
def _disc_quadrature(num_nodes: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes x = kR and weights of s2 and ds2/dlnR: R^2 s2 = int dlnx x^2 / (2 pi) P(x / R) w(x), w = [2 J1 / x]^2."""
    x = np.geomspace(1e-3, 1e2, num_nodes)
    window = 2.0 * scipy.special.j1(x) / x
    measure = np.log(x[1] / x[0]) * x**2 / (2.0 * np.pi)
    return x, measure * window**2, measure * window * -4.0 * scipy.special.jv(2, x)


def disc_variance(
    cosmo: jax_cosmo.Cosmology, radius: Float[Array, " node"]
) -> tuple[Float[Array, " node"], Float[Array, " node"]]:
    r"""Return the linear variance in discs today, per unit length, and its logarithmic slope.

    s2(R) = int d^2k / (2 pi)^2 P_lin(k) [2 J1(kR) / (kR)]^2, in Mpc/h; its slope dln s2 / dln R, which is negative,
    comes from the same integral with dw/dlnx = -8 J1(x) J2(x) / x in place of w.

    Parameters
    ----------
    cosmo
        Cosmology.
    radius
        (node,) comoving radii R, Mpc/h.

    Returns
    -------
    tuple
        s2 and dln s2 / dln R, each (node,).
    """
    x, weight, weight_slope = _disc_quadrature()
    spectrum = linear_spectrum(cosmo, x / radius[:, None]) / radius[:, None] ** 2
    variance = spectrum @ weight
    return variance, (spectrum @ weight_slope) / variance


def tree_level_skewness(cosmo: jax_cosmo.Cosmology, line_of_sight: LineOfSight, angle: float) -> Float[Array, " bins"]:
    r"""Return S3 = <kappa^3> / <kappa^2>^2 of the convergence in a circle of angular radius t.

    <kappa^2> = int dchi W^2 s2,  <kappa^3> = int dchi W^3 S3d s2^2,  S3d = 36/7 + (3/2) dln s2 / dln R,  R = chi t
    (cylinders: Bernardeau 1995, A&A 301, 309; for P ~ k^n the bracket is 36/7 - (3/2)(n + 2)).

    Parameters
    ----------
    cosmo
        Cosmology.
    line_of_sight
        Distances and lensing weights.
    angle
        Angular radius t, radians.

    Returns
    -------
    Array
        (num_bins,) reduced skewness.
    """
    a, chi, measure, weight = line_of_sight
    variance, slope = disc_variance(cosmo, chi * angle)
    variance = variance * background.growth_factor(cosmo, a) ** 2
    second = weight**2 @ (measure * variance)
    third = weight**3 @ (measure * (36.0 / 7.0 + 1.5 * slope) * variance**2)
    return third / second**2


def grid_modes(field_deg: float, num_pixels: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct multipoles |k| of an N x N grid, DC left out, and how many of the N^2 modes have each."""
    frequency = np.fft.fftfreq(num_pixels, 1.0 / num_pixels).astype(int)
    squared, count = np.unique(frequency[:, None] ** 2 + frequency[None] ** 2, return_counts=True)
    return 2.0 * np.pi / np.deg2rad(field_deg) * np.sqrt(squared[1:]), count[1:]


def grid_variance_operator(
    ell: Float[np.ndarray, " ell"], field_deg: float, num_pixels: int
) -> Callable[[Array], Array]:
    r"""Return log C_ell -> xi(0) = sum over the modes of the grid but DC of C_{|k|} / field area.

    The spectra are interpolated by a cubic spline of log C in log ell, as on the grid of the maps.

    Parameters
    ----------
    ell
        (num_ell,) multipoles of the spectra, which bracket the grid's modes.
    field_deg
        Side of the field in degrees.
    num_pixels
        Pixels on a side.

    Returns
    -------
    Callable
        Function of log C_ell, shape (..., num_ell), that returns the variance of the maps, shape (...).

    Raises
    ------
    ValueError
        Where `ell` does not bracket the grid's modes.
    """
    modes, count = grid_modes(field_deg, num_pixels)
    if ell[0] > modes[0] or ell[-1] < modes[-1]:
        raise ValueError(
            f"ell runs from {ell[0]:.1f} to {ell[-1]:.1f}; a grid of {num_pixels} pixels on {field_deg} deg needs"
            f" {modes[0]:.1f} to {modes[-1]:.1f}"
        )
    import scipy.interpolate  # a quarter of a second that jobs without maps should not pay

    spline = scipy.interpolate.CubicSpline(np.log(ell), np.eye(len(ell)))(np.log(modes))
    weight = count / np.deg2rad(field_deg) ** 2
    return lambda log_cl: jnp.exp(log_cl @ spline.T) @ weight


def solve_shift(skewness: Float[ArrayLike, " bins"], variance: Float[ArrayLike, " bins"]) -> Float[Array, " bins"]:
    r"""Return the positive root of S3 lambda^3 - 3 lambda^2 - s2 = 0, unique for S3 > 0.

    With lambda = sqrt(s2) / q the equation is q^3 + 3 q = S3 sqrt(s2), so q = 2 sinh[asinh(S3 sqrt(s2) / 2) / 3].

    Parameters
    ----------
    skewness
        (num_bins,) S3.
    variance
        (num_bins,) s2.

    Returns
    -------
    Array
        (num_bins,) shift lambda; not positive where S3 is not.
    """
    deviation = jnp.sqrt(variance)
    return deviation / (2.0 * jnp.sinh(jnp.arcsinh(skewness * deviation / 2.0) / 3.0))
