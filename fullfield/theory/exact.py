"""Exact theory, theta -> spectra and shifts, in float64: what the surrogate is fitted to."""

import dataclasses
import functools
import logging
import time

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.precision import full_precision
from fullfield.survey import Survey
from fullfield.theory.cosmology import to_cosmology
from fullfield.theory.shift import grid_variance_operator, pixel_radius, solve_shift, tree_level_skewness
from fullfield.theory.spectra import Projection, ell_nodes, log_spectra
from fullfield.types import Array, ArrayLike, Float

logger = logging.getLogger(__name__)
CHUNK = 100
"""Points per call of the compiled program."""


@dataclasses.dataclass(frozen=True)
class ExactTheory:
    """theta -> (log C_ell^ij, log lambda_i) for one survey and one grid.

    Attributes
    ----------
    survey
        The survey: n(z) and field.
    num_pixels
        Pixels on a side of the maps.
    num_ell
        Multipoles on which the spectra are given.
    num_nodes
        Nodes of the line-of-sight integrals.
    """

    survey: Survey
    num_pixels: int
    num_ell: int = 56
    num_nodes: int = 128

    @functools.cached_property
    def ell(self) -> np.ndarray:
        """(num_ell,) multipoles of the spectra."""
        return ell_nodes(self.survey.field_deg, self.num_pixels, self.num_ell)

    @functools.cached_property
    def projection(self) -> Projection:
        """Line-of-sight integrals."""
        return Projection(self.survey, self.num_nodes)

    @functools.cached_property
    def _grid_variance(self):
        return grid_variance_operator(self.ell, self.survey.field_deg, self.num_pixels)

    def __call__(self, theta: Float[ArrayLike, " 6"]) -> tuple[Float[Array, "pairs ell"], Float[Array, " bins"]]:
        """Return log C_ell, shape (num_pairs, num_ell), and log lambda, shape (num_bins,).

        Traced in the precision of the caller: use it under ``jax.enable_x64(True)``.
        """
        cosmo = to_cosmology(theta)
        line_of_sight = self.projection(cosmo)
        log_cl = log_spectra(cosmo, line_of_sight, self.ell)
        skewness = tree_level_skewness(cosmo, line_of_sight, pixel_radius(self.survey.field_deg, self.num_pixels))
        first, second = np.triu_indices(self.survey.num_bins)
        variance = self._grid_variance(log_cl[first == second])
        return log_cl, jnp.log(solve_shift(skewness, variance))

    def differentiable(self) -> "DifferentiableTheory":
        """Return theta -> (log C_ell, lambda) for simulators and likelihoods, in the caller's precision."""
        return DifferentiableTheory(ExactTheory(self.survey, self.num_pixels, self.num_ell, self.num_nodes))

    @functools.cached_property
    def _compiled(self):
        return jax.jit(lambda thetas: jax.lax.map(self.__call__, thetas))

    def evaluate(
        self, thetas: Float[ArrayLike, "num 6"]
    ) -> tuple[Float[np.ndarray, "num pairs ell"], Float[np.ndarray, "num bins"]]:
        """Return (log C_ell, log lambda) of many points in float64.

        Raises
        ------
        ValueError
            Where a point has no finite spectrum or shift; the message gives the first.
        """
        thetas = np.asarray(thetas, np.float64)
        padded = np.concatenate([thetas, np.repeat(thetas[-1:], -len(thetas) % CHUNK, axis=0)])
        results, started = [], time.monotonic()
        with jax.enable_x64(True):
            for chunk in padded.reshape(-1, CHUNK, thetas.shape[1]):
                results.append(jax.tree.map(np.asarray, self._compiled(chunk)))
                done = min(len(results) * CHUNK, len(thetas))
                logger.info("exact spectra: %d of %d, %.0f s", done, len(thetas), time.monotonic() - started)
        log_cl, log_shift = (np.concatenate(parts)[: len(thetas)] for parts in zip(*results, strict=True))
        finite = np.isfinite(log_cl).all((1, 2)) & np.isfinite(log_shift).all(1)
        if not finite.all():
            raise ValueError(
                f"{np.sum(~finite)} of {len(thetas)} points have no finite spectrum or shift; the first is theta ="
                f" {thetas[~finite][0].tolist()}"
            )
        return log_cl, log_shift


class DifferentiableTheory:
    """Exact theory in the form of the surrogate: theta -> (log C_ell, lambda), differentiated in forward mode.

    Reverse mode through halofit takes minutes to compile. Here every derivative, reverse mode included, goes through
    one Jacobian computed in forward mode: about 3 ms a value and 25 ms a gradient on one core. In float32 log C_ell and
    log lambda are within 3e-6 of float64.
    """

    def __init__(self, exact: ExactTheory):
        self.ell = exact.ell

        @full_precision
        def plain(theta):
            log_cl, log_shift = exact(theta)
            return log_cl, jnp.exp(log_shift)

        self._function = jax.custom_jvp(plain)

        @self._function.defjvp
        @full_precision
        def tangent(primals, tangents):
            jacobian = jax.jacfwd(plain)(*primals)
            return plain(*primals), jax.tree.map(lambda slope: slope @ tangents[0], jacobian)

    def __call__(self, theta: Float[ArrayLike, " 6"]) -> tuple[Float[Array, "pairs ell"], Float[Array, " bins"]]:
        """Return log C_ell of shape (num_pairs, num_ell) and the shift lambda of shape (num_bins,)."""
        return self._function(jnp.asarray(theta))
