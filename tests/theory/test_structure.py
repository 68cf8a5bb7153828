"""Matter of a box: linear theory on large scales and at early times, second order at the next, mass conserved."""

import functools
import importlib.util
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from laws import MAX_PULL, pulls

from fullfield.tasks.projected_density import cosmology, moved
from fullfield.theory import structure
from fullfield.theory.matter import linear_spectrum
from fullfield.theory.structure import Box, lagrangian_positions, linear_density, mesh_positions, project

pytestmark = pytest.mark.skipif(importlib.util.find_spec("jaxpm") is None, reason="JaxPM is not installed")

BOX = Box(16, 48.0)
THETA = jnp.array([0.25, 0.8])
KEY = jax.random.key(0)


def white(num, box=BOX):
    return jax.random.normal(KEY, (num, *box.shape))


def test_linear_density_has_the_linear_spectrum():
    fields = jax.jit(jax.vmap(lambda z: linear_density(BOX, cosmology(THETA), z)))(white(200))
    volume = (BOX.side / BOX.num_cells) ** 3
    power = np.abs(np.fft.rfftn(fields, axes=(1, 2, 3))) ** 2 * volume / BOX.num_cells**3
    k = BOX.wavenumbers()
    assert k.max() == pytest.approx(np.sqrt(3) * np.pi * 16 / 48)
    for low, high in ((0.1, 0.2), (0.3, 0.5), (0.8, 1.0)):
        bins = (k > low) & (k < high)
        expected = np.asarray(linear_spectrum(cosmology(THETA), k[bins]))
        assert abs(pulls((power[:, bins] / expected).mean(axis=1), 1.0)) < MAX_PULL
    assert np.abs(fields.mean(axis=(1, 2, 3))).max() < 1e-6


@pytest.mark.parametrize(
    ("move", "tolerance"), [(lagrangian_positions, 0.01), (functools.partial(mesh_positions, num_steps=10), 0.05)]
)
def test_a_plane_wave_moves_as_zeldovich_says(move, tolerance):
    """His solution is exact until orbits cross: displacements are delta / k, a quarter of a period away."""
    box, phase = Box(32, 96.0), 2.0 * np.pi * np.arange(32) / 32
    delta = jnp.asarray(np.broadcast_to(0.5 * np.cos(phase)[:, None, None], box.shape), jnp.float32)
    displacement = np.asarray(jax.jit(functools.partial(move, box, cosmology(THETA)))(delta)) - box.lattice()
    expected = -0.5 * np.sin(phase) * 32 / (2.0 * np.pi)
    assert np.ptp(displacement, axis=(1, 2)).max() < 1e-4
    # Of the mesh: ten steps make it slower by 1 %, gradients by differences by another, and a particle a cell is few.
    assert np.std(displacement[:, 0, 0, 0] - expected) < tolerance * np.std(expected)
    assert np.abs(displacement[..., 1:]).max() < 1e-4


def test_the_mesh_converges_with_its_steps_and_leaves_perturbation_theory_behind():
    @jax.jit
    def maps(z):
        cosmo = cosmology(THETA)
        linear = linear_density(BOX, cosmo, z)
        positions = [mesh_positions(BOX, cosmo, linear, steps) for steps in (5, 10, 20)]
        return jnp.stack([project(BOX, one) for one in (*positions, lagrangian_positions(BOX, cosmo, linear))])

    five, ten, twenty, lagrangian = np.moveaxis(np.stack([maps(z) for z in white(4)]), 1, 0)
    np.testing.assert_allclose(twenty.mean(axis=(1, 2)), 1.0, rtol=1e-5)
    errors = [np.std(one - twenty) for one in (five, ten, lagrangian)]
    assert errors[0] > 1.5 * errors[1]
    assert errors[2] > 1.5 * errors[0]
    # The same initial conditions all the same.
    assert np.corrcoef(lagrangian.ravel(), twenty.ravel())[0, 1] > 0.7


def test_a_moved_map_keeps_its_mass():
    density = jnp.asarray([[0.5, 1.5], [0.7, 1.3]])
    other = moved(lambda logarithm, theta: 2.0 * logarithm + theta[0], density, THETA)
    np.testing.assert_allclose(other, density**2 / (density**2).mean(), rtol=1e-6)


def test_where_jaxpm_is_not_there_a_sentence_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "jaxpm.pm", None)
    with pytest.raises(ImportError, match="these simulators need JaxPM, .*or bring maps of both simulators on file"):
        structure.lagrangian_positions(BOX, cosmology(THETA), jnp.zeros(BOX.shape))
