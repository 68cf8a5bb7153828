"""The lensing task at a size for tests, with power laws in place of the surrogate of the spectra."""

import jax.numpy as jnp
import numpy as np

from fullfield.fields import Grid
from fullfield.pairs import pair_indices
from fullfield.pipeline.problem import Lensing
from fullfield.survey import Survey
from fullfield.tasks.lensing import lensing
from fullfield.theory.surrogate import Surrogate

NUM_BINS, NUM_PIXELS = 2, 16
NOISE = np.array([0.004, 0.005])
SURVEY = {
    "name": "small",
    "field_deg": 10.0,
    "sigma_e": 0.26,
    "galaxy_density_per_bin_arcmin2": 5.4,
    "nz": {"a": 2.0, "beta": 0.68, "z0": 0.11, "z_max": 4.0, "edges": [0.0, 0.7, 4.0]},
    "photoz_scatter": 0.05,
}


class PowerLaws(Surrogate):
    """theta -> (log C_ell, lambda) by formula."""

    def __init__(self):
        object.__setattr__(self, "ell", np.geomspace(30.0, 420.0, 8))

    def __call__(self, theta):
        """Return spectra whose amplitude and slope depend on the parameters."""
        omega_c, omega_b, sigma8, h, n_s, w0 = theta
        i, j = pair_indices(NUM_BINS)
        level = 2 * jnp.log(sigma8 / 0.8) + jnp.log(omega_c + omega_b) + 0.4 * jnp.log(h) + 0.1 * (1 + w0)
        slope = (n_s - 1.8 - 0.1 * jnp.asarray(i + j))[:, None] * np.log(self.ell / 100.0)
        log_cl = jnp.log(1e-8) + level + np.log(np.where(i == j, 1.0, 0.5))[:, None] + slope
        return log_cl, jnp.array([0.03, 0.04]) * (1 + 0.2 * (sigma8 - 0.8))


def small_lensing(mean_convergence: str = "unknown") -> Lensing:
    """Return the task with what describes its maps."""
    grid, theory = Grid(NUM_PIXELS, 10.0), PowerLaws()
    task = lensing(grid=grid, theory=theory, ell=theory.ell, noise_sigma=NOISE, mean_convergence=mean_convergence)
    survey = Survey.from_mapping(SURVEY | {"mean_convergence": mean_convergence})
    return Lensing(task, grid, survey, theory, NOISE)
