"""Matter of a periodic box today, from white noise: Lagrangian perturbation theory and a particle mesh."""

import dataclasses
import importlib
from types import ModuleType

import diffrax
import jax.numpy as jnp
import jax_cosmo
import numpy as np

from fullfield.theory.matter import linear_spectrum
from fullfield.types import Array, Float

START = 0.1
"""Scale factor at which particles of a mesh start, on their second-order Lagrangian orbits."""


@dataclasses.dataclass(frozen=True)
class Box:
    """A periodic box with as many particles as cells.

    Attributes
    ----------
    num_cells
        n, along a side.
    side
        Mpc/h.
    """

    num_cells: int
    side: float

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return (n, n, n)."""
        return (self.num_cells,) * 3

    def wavenumbers(self) -> Float[np.ndarray, "n n m"]:
        """Return |k| of the modes of a real field, h/Mpc."""
        spacing = self.side / self.num_cells
        full, half = (
            2.0 * np.pi * frequencies(self.num_cells, spacing) for frequencies in (np.fft.fftfreq, np.fft.rfftfreq)
        )
        return np.sqrt(full[:, None, None] ** 2 + full[:, None] ** 2 + half**2)

    def lattice(self) -> Float[np.ndarray, "n n n 3"]:
        """Return where particles are before anything moves, in cells."""
        return np.stack(np.meshgrid(*[np.arange(self.num_cells, dtype=np.float32)] * 3, indexing="ij"), axis=-1)


def linear_density(box: Box, cosmo: jax_cosmo.Cosmology, z: Float[Array, "n n n"]) -> Float[Array, "n n n"]:
    r"""Return the linear overdensity today, :math:`\delta_k = (P(k) / V_\mathrm{cell})^{1/2} z_k`, of mean zero."""
    return jnp.fft.irfftn(_amplitudes(box, cosmo, box.wavenumbers()) * jnp.fft.rfftn(z), s=box.shape)


def projected_amplitudes(box: Box, cosmo: jax_cosmo.Cosmology) -> Float[Array, "n m"]:
    r"""Return the standard deviation of modes of the linear density averaged along the third axis, over white noise's.

    They are those of :math:`k_3 = 0` of the white noise of the initial conditions, summed along that axis and divided
    by :math:`\sqrt{n}`, which is white noise itself.
    """
    of_plane = box.wavenumbers()[:, 0, :]  # any plane through the origin: |k| of a real field's modes in two dimensions
    return _amplitudes(box, cosmo, of_plane) / np.sqrt(box.num_cells)


def _amplitudes(box: Box, cosmo: jax_cosmo.Cosmology, k: np.ndarray) -> Array:
    spectrum = linear_spectrum(cosmo, jnp.asarray(np.where(k > 0.0, k, 1.0)))
    return jnp.where(k > 0.0, jnp.sqrt(spectrum * (box.num_cells / box.side) ** 3), 0.0)


def lagrangian_positions(box: Box, cosmo: jax_cosmo.Cosmology, delta: Float[Array, "n n n"]) -> Float[Array, "n n n 3"]:
    """Return positions today in cells, by Lagrangian perturbation theory of the second order (JaxPM)."""
    displacement, _, _ = _jaxpm("pm").lpt(cosmo, delta, particles=jnp.asarray(box.lattice()), a=1.0, order=2)
    return box.lattice() + displacement


def mesh_positions(
    box: Box, cosmo: jax_cosmo.Cosmology, delta: Float[Array, "n n n"], num_steps: int
) -> Float[Array, "n n n 3"]:
    """Return positions today in cells, of a particle mesh (JaxPM).

    Parameters
    ----------
    box, cosmo
        Box and cosmology.
    delta
        Linear overdensity today.
    num_steps
        Equal steps of the midpoint rule in the scale factor, from `START` to 1; forces are computed twice a step. It is
        part of what the simulator is: results depend on it.
    """
    pm = _jaxpm("pm")
    displacement, momentum, _ = pm.lpt(cosmo, delta, particles=jnp.asarray(box.lattice()), a=START, order=2)
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(pm.make_diffrax_ode(box.shape)),
        diffrax.Midpoint(),
        t0=START,
        t1=1.0,
        dt0=(1.0 - START) / num_steps,
        y0=jnp.stack([box.lattice() + displacement, momentum]),
        args=cosmo,
        adjoint=diffrax.RecursiveCheckpointAdjoint(checkpoints=num_steps),
        max_steps=num_steps + 1,
    )
    return solution.ys[0][0]


def project(box: Box, positions: Float[Array, "n n n 3"]) -> Float[Array, "n n"]:
    r"""Return 1 + :math:`\delta` averaged along the third axis, particles painted as clouds in cells; mean one."""
    painted = _jaxpm("painting").cic_paint_2d(jnp.zeros(box.shape[:2]), positions[..., :2], None)
    return painted / box.num_cells


def _jaxpm(name: str) -> ModuleType:
    """Return a module of JaxPM, which does not come to every platform."""
    try:
        return importlib.import_module(f"jaxpm.{name}")
    except ImportError as error:
        raise ImportError(
            "these simulators need JaxPM, whose compiled part has wheels for Linux on x86-64 and Python 3.11 and 3.12"
            " alone; elsewhere build it with `uv pip install jaxpm`, or bring maps of both simulators on file"
        ) from error
