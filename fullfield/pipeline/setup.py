"""The lensing task of a survey, from the file of its surrogate."""

from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from fullfield.fields import Grid
from fullfield.fields.interpolation import interpolate, spline_matrix
from fullfield.pipeline.gaussian_estimate import GaussianField, bands_of
from fullfield.survey import Survey
from fullfield.tasks import Task
from fullfield.tasks.lensing import lensing
from fullfield.theory import surrogate as surrogates
from fullfield.theory.exact import DifferentiableTheory, ExactTheory
from fullfield.types import Array


class Lensing(NamedTuple):
    """The lensing task with the things that describe its maps."""

    task: Task
    grid: Grid
    survey: Survey
    theory: surrogates.Surrogate | DifferentiableTheory
    noise_sigma: np.ndarray


def load_lensing(surrogate: str | Path, *, exact: bool | None = None) -> Lensing:
    """Build the lensing task of a survey from the file of its surrogate, which holds survey and number of pixels.

    Parameters
    ----------
    surrogate
        File of the rule ``theory``.
    exact
        Whether to use exact spectra instead; None does what the file says.
    """
    theory = surrogates.load(surrogate)
    survey, num_pixels = theory.survey, theory.num_pixels
    grid = Grid(num_pixels, survey.field_deg)
    if theory.exact if exact is None else exact:
        theory = ExactTheory(survey, num_pixels).differentiable()
    noise_sigma = survey.noise_sigma(grid.pixel_arcmin)
    task = lensing(
        grid=grid,
        theory=theory,
        ell=np.asarray(theory.ell),
        noise_sigma=noise_sigma,
        mean_convergence=survey.mean_convergence,
    )
    return Lensing(task, grid, survey, theory, noise_sigma)


def gaussian_field_of(setup: Lensing) -> GaussianField:
    """Return the Gaussian-field likelihood of the maps of a setup."""
    to_bands = spline_matrix(np.asarray(setup.theory.ell), bands_of(setup.grid).ell)

    def spectra(u: Array) -> Array:
        log_cl, _ = setup.theory(setup.task.prior.to_constrained(u))
        return jnp.exp(interpolate(to_bands, log_cl)) / setup.grid.pixel_area

    return GaussianField(setup.grid, spectra, setup.noise_sigma, setup.task.num_parameters)
