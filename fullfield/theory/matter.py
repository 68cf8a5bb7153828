"""Linear and nonlinear matter spectra: Eisenstein-Hu transfer function, halofit of Takahashi et al. 2012.

Background, growth and transfer function are jax-cosmo's. Its normalisation and its halofit are not used: in version 0.1
the integral for sigma8 starts at k = e^{-4} h/Mpc, which loses 0.3 % of sigma8^2 at the fiducial point and 20 % where
Omega_c and h are small, and its root finding takes most of the run time and minutes to differentiate. Wavenumbers in
h/Mpc, spectra in (Mpc/h)^3, lengths in Mpc/h.
"""

import jax.numpy as jnp
import jax_cosmo
import numpy as np
from jax_cosmo import background, transfer

from fullfield.theory.precision import cached_table
from fullfield.types import Array, ArrayLike, Float


def linear_spectrum(cosmo: jax_cosmo.Cosmology, k: Float[ArrayLike, "..."]) -> Float[Array, "..."]:
    """Return the linear spectrum today, P(k) = sigma8^2 k^{n_s} T^2(k) / sigma^2(8 Mpc/h).

    Parameters
    ----------
    cosmo
        Cosmology.
    k
        Wavenumbers, h/Mpc.

    Returns
    -------
    Array
        Spectrum, (Mpc/h)^3.
    """
    nodes, weight = _sigma8_quadrature()
    variance = jnp.sum(weight * _spectrum_shape(cosmo, nodes))
    return cosmo.sigma8**2 / variance * _spectrum_shape(cosmo, jnp.asarray(k))


def _spectrum_shape(cosmo: jax_cosmo.Cosmology, k: ArrayLike) -> Array:
    return k**cosmo.n_s * transfer.Eisenstein_Hu(cosmo, k) ** 2


@cached_table
def _sigma8_quadrature(radius: float = 8.0, num_nodes: int = 1024) -> tuple[np.ndarray, np.ndarray]:
    """Nodes k and weights of sigma^2(R) = int dlnk k^3 / (2 pi^2) P(k) [3 j_1(kR) / (kR)]^2."""
    k = np.geomspace(1e-5, 30.0, num_nodes)
    x = k * radius
    window = 3.0 * (np.sin(x) - x * np.cos(x)) / x**3
    return k, np.log(k[1] / k[0]) * k**3 * window**2 / (2.0 * np.pi**2)


def nonlinear_scale(
    cosmo: jax_cosmo.Cosmology, growth: Float[Array, " node"]
) -> tuple[Float[Array, " node"], Float[Array, " node"], Float[Array, " node"]]:
    r"""Return the scale where the density is nonlinear, and the slope and curvature of the spectrum there.

    With sigma^2(R) = int dlnk Delta^2(k) e^{-k^2 R^2}:  sigma^2(1 / k_nl) = 1,  n = -3 - dln sigma^2 / dln R,
    C = -d^2 ln sigma^2 / dln R^2  (Smith et al. 2003, eqs. C5-C8).

    Parameters
    ----------
    cosmo
        Cosmology.
    growth
        (node,) linear growth D(a).

    Returns
    -------
    tuple
        k_nl in h/Mpc, at most 10^4, and n and C, each (node,).
    """
    k, log_radius, kernels = _gaussian_filters()
    power = k**3 * linear_spectrum(cosmo, k) / (2.0 * np.pi**2) * np.log(k[1] / k[0])
    variance, first = kernels @ power
    # Hermite interpolation of ln R in ln sigma^2, whose derivative is known; np.interp needs increasing abscissae.
    log_variance, slope = jnp.log(variance[::-1]), -(variance / first)[::-1]
    target = jnp.clip(-2.0 * jnp.log(growth), log_variance[0], log_variance[-1])
    log_nl = _hermite(target, log_variance, jnp.asarray(log_radius[::-1].copy()), slope)
    y2 = (k[:, None] * jnp.exp(log_nl)) ** 2
    moments = jnp.einsum("k,pkn->pn", power, jnp.exp(-y2) * jnp.stack([jnp.ones_like(y2), 2 * y2, 4 * (y2 - y2**2)]))
    first, second = moments[1] / moments[0], moments[2] / moments[0]
    return jnp.exp(-log_nl), first - 3.0, first**2 + second


@cached_table
def _gaussian_filters() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(k,) wavenumbers, (R,) ln R, and (2, R, k) filters e^{-y^2}, 2 y^2 e^{-y^2} with y = kR."""
    k = np.geomspace(1e-4, 1e5, 400)
    radius = np.geomspace(1e-4, 40.0, 160)
    y2 = (radius[:, None] * k) ** 2
    return k, np.log(radius), np.exp(-y2) * np.stack([np.ones_like(y2), 2.0 * y2])


def _hermite(x: Array, nodes: Array, values: Array, slopes: Array) -> Array:
    """Interpolate by piecewise cubics through values and slopes at increasing nodes."""
    right = jnp.clip(jnp.searchsorted(nodes, x), 1, len(nodes) - 1)
    left = right - 1
    width = nodes[right] - nodes[left]
    t = (x - nodes[left]) / width
    rise = t**2 * (3.0 - 2.0 * t)
    ends = width * t * (1.0 - t) * ((1.0 - t) * slopes[left] - t * slopes[right])
    return values[left] * (1.0 - rise) + values[right] * rise + ends


def nonlinear_spectrum(
    cosmo: jax_cosmo.Cosmology, k: Float[ArrayLike, "... node"], a: Float[ArrayLike, " node"]
) -> Float[Array, "... node"]:
    r"""Return the nonlinear spectrum of halofit, Delta^2 = Delta_Q^2 + Delta_H^2 (Takahashi et al. 2012, appendix).

    Parameters
    ----------
    cosmo
        Cosmology.
    k
        (..., node) wavenumbers, h/Mpc; the last axis belongs to the scale factors.
    a
        (node,) scale factors.

    Returns
    -------
    Array
        (..., node) spectrum, (Mpc/h)^3.
    """
    growth = background.growth_factor(cosmo, a)
    k_nl, n, c = nonlinear_scale(cosmo, growth)
    omega_m = background.Omega_m_a(cosmo, a)
    dark = background.Omega_de_a(cosmo, a) * (1.0 + background.w(cosmo, a))
    quartic = 1.5222 + 2.8553 * n + 2.3706 * n**2 + 0.9903 * n**3 + 0.2250 * n**4
    a_n = 10.0 ** (quartic - 0.6038 * c + 0.1749 * dark)
    b_n = 10.0 ** (-0.5642 + 0.5864 * n + 0.5716 * n**2 - 1.5474 * c + 0.2279 * dark)
    c_n = 10.0 ** (0.3698 + 2.0404 * n + 0.8161 * n**2 + 0.5869 * c)
    gamma = 0.1971 - 0.0843 * n + 0.8460 * c
    alpha = jnp.abs(6.0835 + 1.3373 * n - 0.1959 * n**2 - 5.5274 * c)
    beta = 2.0379 - 0.7354 * n + 0.3157 * n**2 + 1.2490 * n**3 + 0.3980 * n**4 - 0.1682 * c
    nu = 10.0 ** (5.2105 + 3.6902 * n)
    f1, f2, f3 = omega_m**-0.0307, omega_m**-0.0585, omega_m**0.0743

    scale = jnp.asarray(k) ** 3 / (2.0 * np.pi**2)
    linear = scale * growth**2 * linear_spectrum(cosmo, k)
    y = k / k_nl
    quasilinear = linear * (1.0 + linear) ** beta / (1.0 + alpha * linear) * jnp.exp(-y / 4.0 - y**2 / 8.0)
    halo = a_n * y ** (3.0 * f1) / (1.0 + b_n * y**f2 + (c_n * f3 * y) ** (3.0 - gamma)) / (1.0 + nu / y**2)
    return (quasilinear + halo) / scale
