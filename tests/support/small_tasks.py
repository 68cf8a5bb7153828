"""Tasks of the registry at a size for tests, with theory that is a formula."""

import functools
import importlib.util

import jax.numpy as jnp
import numpy as np
import pytest

from fullfield import tasks
from fullfield.fields import Grid
from fullfield.pairs import pair_indices

ELL = np.geomspace(30.0, 300.0, 8)


def power_law_theory(num_bins=2, amplitude=1e-8):
    """Return theta -> (log C_ell, lambda): power laws to which every parameter of the lensing task matters."""
    i, j = pair_indices(num_bins)
    correlation = np.log(np.where(i == j, 1.0, 0.5))
    log_ell = np.log(ELL / 100.0)

    def theory(theta):
        omega_c, omega_b, sigma8, h, n_s, w0 = theta
        level = 2 * jnp.log(sigma8 / 0.8) + jnp.log(omega_c + omega_b) - omega_b + 0.4 * jnp.log(h)
        growth = 0.3 * (1 + w0) * jnp.asarray((i + j) / num_bins)
        slope = n_s - 1.8 - 0.1 * jnp.asarray(i + j)
        log_cl = jnp.log(amplitude) + level + growth[:, None] + correlation[:, None] + slope[:, None] * log_ell
        return log_cl, (0.03 + 0.01 * jnp.arange(num_bins)) * (1 + 0.2 * (sigma8 - 0.8))

    return theory


def small_lensing(*, num_pixels=8, num_bins=2, amplitude=1e-8, noise_sigma=0.004, mean_convergence="unknown"):
    """Return the lensing task on a tiny grid."""
    return tasks.make(
        "lensing",
        grid=Grid(num_pixels, 10.0 * num_pixels / 8),
        theory=power_law_theory(num_bins, amplitude),
        ell=ELL,
        noise_sigma=np.full(num_bins, noise_sigma),
        mean_convergence=mean_convergence,
    )


def small_lotka_volterra():
    """Return the task with few steps: the laws of tasks hold at any accuracy."""
    return tasks.make("lotka_volterra", num_steps=120)


SMALL = tasks.REGISTRY | {
    "gaussian_random_field": functools.partial(tasks.make, "gaussian_random_field", num_pixels=8),
    "lensing": small_lensing,
    "lognormal_random_field": functools.partial(tasks.make, "lognormal_random_field", num_pixels=8),
    "lotka_volterra": small_lotka_volterra,
    "projected_density": functools.partial(tasks.make, "projected_density", num_pixels=8, side=24.0),
}
"""Constructor of a small version of each task in the registry."""
NEEDS_JAXPM = "projected_density"


def cases(tasks_by_name):
    """Return pytest's parameters of tasks, those left out that this platform has no simulator of."""
    missing = importlib.util.find_spec("jaxpm") is None
    marks = {NEEDS_JAXPM: pytest.mark.skipif(missing, reason="JaxPM is not installed")}
    return [pytest.param(task, id=name, marks=marks.get(name, ())) for name, task in tasks_by_name.items()]
