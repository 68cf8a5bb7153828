"""The projected density of matter in a periodic box, by a cheap and by an expensive simulator."""

from collections.abc import Callable

import jax.numpy as jnp
import jax_cosmo
import numpy as np
import numpyro
import numpyro.distributions as dist

from fullfield.tasks.prior import ProductPrior, Uniform
from fullfield.tasks.task import Task
from fullfield.theory.structure import (
    Box,
    lagrangian_positions,
    linear_density,
    mesh_positions,
    project,
    projected_amplitudes,
)
from fullfield.types import Array

OMEGA_B, H, N_S = 0.0486, 0.6774, 0.9667
"""Planck Collaboration 2016 (arXiv:1502.01589)."""
PRIOR = ProductPrior((Uniform(0.1, 0.5), Uniform(0.6, 1.0)))
SIDE = 96.0
"""Mpc/h; also the depth over which density is averaged."""
NOISE = 0.2
NUM_STEPS = 10
NONLINEAR = 1.0
"""f, the share of its linear power that a projected mode is taken to be moved by otherwise, where samplers move."""
LPT, MESH = "lpt", "particle_mesh"

Move = Callable[[Array, Array], Array]
"""(ln of a map (N, N), theta (p,)) -> ln of another."""


def projected_density(
    *,
    num_pixels: int = 32,
    side: float = SIDE,
    simulator: str = LPT,
    num_steps: int = NUM_STEPS,
    noise: float = NOISE,
    transport: Move | None = None,
) -> Task:
    r"""Build the task of a box of matter seen from one side.

    .. math:: x = \frac{1}{L} \int_0^L \delta(\vec x)\, \mathrm{d}x_3 + n, \quad n \sim N(0, \sigma_n^2)

    today, with the linear spectrum of Eisenstein & Hu. theta = (Omega_c, sigma8) ~ U[0.1, 0.5] x U[0.6, 1.0]; the
    latents are the white noise of the initial conditions, one number for each of N^3 particles.

    Parameters
    ----------
    num_pixels
        N, even.
    side
        L, Mpc/h.
    simulator
        ``lpt``: Lagrangian perturbation theory of the second order; ``particle_mesh``: a particle mesh that starts
        from it.
    num_steps
        Of the particle mesh.
    noise
        sigma_n per pixel; of maps without any, x has no density.
    transport
        What is done to the logarithm of 1 + delta, an emulator of one simulator from another; the result is scaled to
        mean one, as mass is conserved.

    Returns
    -------
    Task
        x has shape (N, N); its site ``density`` is 1 + delta without noise. A simulation with a density that is not
        finite is invalid.

    Raises
    ------
    ValueError
        For an unknown simulator.
    ImportError
        Where there is no JaxPM.
    """
    if simulator not in (LPT, MESH):
        raise ValueError(f"simulator is {simulator!r}; allowed: {LPT}, {MESH}")
    box = Box(num_pixels, side)

    def model(x=None):
        theta = numpyro.sample("theta", PRIOR)
        z = numpyro.sample("z", dist.Normal().expand(box.shape).to_event())
        cosmo = cosmology(theta)
        linear = linear_density(box, cosmo, z)
        if simulator == LPT:
            positions = lagrangian_positions(box, cosmo, linear)
        else:
            positions = mesh_positions(box, cosmo, linear, num_steps)
        density = project(box, positions)
        density = density if transport is None else moved(transport, density, theta)
        density = numpyro.deterministic("density", density)
        numpyro.deterministic("num_invalid", jnp.sum(~jnp.isfinite(density)).astype(jnp.int32))
        law = dist.Normal(density - 1.0, noise) if noise else dist.Delta(density - 1.0)
        numpyro.sample("x", law.to_event(2), obs=x)

    def coordinates(x):
        return lambda theta, w: (*_near_linear(box, cosmology(theta), noise, x, w), {})

    fiducial = np.array([0.25, 0.8], np.float32)
    own = {"coordinates": coordinates} if noise else {}
    return Task("projected_density", ("Omega_c", "sigma8"), PRIOR, fiducial, box.shape, model, **own)


def _near_linear(box: Box, cosmo: jax_cosmo.Cosmology, noise: float, x: Array, w: Array) -> tuple[Array, Array]:
    r"""Return z, and log |det dz / dw|, for a w that would be white noise given x if structure were nearly linear.

    The part of z that linear theory projects, the white noise :math:`s = \sum_3 z / \sqrt{n}`, has in every mode mean
    :math:`v a x / \nu` and variance :math:`v = 1 / (1 + a^2 / \nu)` there, with :math:`\nu = \sigma_n^2 + f a^2`; the
    rest of z stays. Samplers move in w; the law of z does not depend on it.
    """
    amplitude = projected_amplitudes(box, cosmo)
    scatter = noise**2 + NONLINEAR * amplitude**2
    variance = 1.0 / (1.0 + amplitude**2 / scatter)
    root_n = np.sqrt(box.num_cells)
    plane = w.sum(axis=-1) / root_n
    mean = variance * amplitude / scatter * jnp.fft.rfft2(x)
    moved = jnp.fft.irfft2(mean + jnp.sqrt(variance) * jnp.fft.rfft2(plane), s=plane.shape)
    twice = np.ones(variance.shape)
    twice[:, 1 : (box.num_cells + 1) // 2] = 2.0
    return w + ((moved - plane) / root_n)[..., None], 0.5 * jnp.sum(twice * jnp.log(variance))


def cosmology(theta: Array) -> jax_cosmo.Cosmology:
    """Return the flat cosmology of (Omega_c, sigma8)."""
    return jax_cosmo.Cosmology(
        Omega_c=theta[0], Omega_b=OMEGA_B, h=H, n_s=N_S, sigma8=theta[1], Omega_k=0.0, w0=-1.0, wa=0.0
    )


def moved(transport: Move, density: Array, theta: Array) -> Array:
    """Return what a transport of logarithms makes of a positive map, with mean one."""
    other = jnp.exp(transport(jnp.log(density), theta))
    return other / jnp.mean(other)
