"""Summaries of lensing maps without weights, that networks start from; invariant under shifts, flips and rotations."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from fullfield.compilation import jit_once
from fullfield.compress.features import SpectralFeatures, log_band_powers
from fullfield.fields import Grid
from fullfield.fields.wiener import filter_maps, wiener_matrix
from fullfield.maps_io import MAP_DIMS
from fullfield.pipeline.field_scores import NUM_GRADIENTS, field_scores
from fullfield.pipeline.gaussian_estimate import GaussianEstimate
from fullfield.pipeline.polyspectra import Polyspectra
from fullfield.pipeline.setup import Lensing, gaussian_field_of
from fullfield.tasks.lensing import spectrum_on_grid
from fullfield.tasks.task import simulate_one
from fullfield.types import Array, RandomKey

FeatureSet = Callable[[Array, GaussianEstimate], Array]
"""(x, Gaussian-field estimate of x) -> vector."""


def _spectra(setup: Lensing) -> FeatureSet:
    spectral = SpectralFeatures(setup.grid, _fiducial_filter(setup))
    return lambda x, estimate: jnp.concatenate([estimate.u, spectral(x)])


def _fiducial_filter(setup: Lensing) -> np.ndarray:
    spectrum = spectrum_on_grid(setup.grid, setup.theory, np.asarray(setup.theory.ell))
    with jax.ensure_compile_time_eval():
        fiducial = np.asarray(spectrum(jnp.asarray(setup.task.fiducial)))
    return wiener_matrix(fiducial, setup.noise_sigma)


def _polyspectra(setup: Lensing) -> FeatureSet:
    spectrum = spectrum_on_grid(setup.grid, setup.theory, np.asarray(setup.theory.ell))
    with jax.ensure_compile_time_eval():
        shift = np.asarray(setup.theory(jnp.asarray(setup.task.fiducial))[1])
    return Polyspectra(setup.grid, lambda u: spectrum(setup.task.prior.to_constrained(u)), setup.noise_sigma, shift)


def _band_powers(setup: Lensing) -> FeatureSet:
    return lambda x, estimate: log_band_powers(setup.grid, x)


def _gaussian_score(setup: Lensing) -> FeatureSet:
    likelihood, fiducial = gaussian_field_of(setup), fiducial_u(setup)
    return lambda x, estimate: likelihood.score(x, fiducial)


def _field_scores(setup: Lensing) -> FeatureSet:
    return field_scores(setup.task)


def _field_scores_twice(setup: Lensing) -> FeatureSet:
    return field_scores(setup.task, num_points=2)


FEATURE_SETS: dict[str, Callable[[Lensing], FeatureSet]] = {
    "spectra": _spectra,
    "polyspectra": _polyspectra,
    "field_scores": _field_scores,
    "field_scores_twice": _field_scores_twice,
    "band_powers": _band_powers,
    "gaussian_score": _gaussian_score,
}
"""Band powers and skew-spectra; products up to the fourth order at the Gaussian-field estimate; scores of the joint
density, at one point in parameter space and at two; band powers alone; the score of a Gaussian field."""

NUM_FEATURE_GRADIENTS = {"field_scores": NUM_GRADIENTS, "field_scores_twice": 2 * NUM_GRADIENTS}
"""Gradients of the joint density that a set takes for one view of a set of maps, where it takes any."""


def fiducial_u(setup: Lensing) -> Array:
    """Return the fiducial point in the coordinates u."""
    return setup.task.prior.to_unconstrained(jnp.asarray(setup.task.fiducial))


def lensing_features(setup: Lensing, name: str) -> Callable[[Array], Array]:
    """Return x -> vector of one feature set, a key of `FEATURE_SETS`."""
    several = lensing_feature_sets(setup, [name])
    return lambda x: several(x)[name]


def lensing_feature_sets(setup: Lensing, names: Sequence[str]) -> Callable[[Array], dict[str, Array]]:
    """Return x -> vectors of several feature sets, which share the Gaussian-field estimate.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    if unknown := [name for name in names if name not in FEATURE_SETS]:
        raise ValueError(f"features are {unknown[0]!r}; allowed: {', '.join(FEATURE_SETS)}")
    sets = {name: FEATURE_SETS[name](setup) for name in names}
    likelihood = gaussian_field_of(setup)

    def features(x: Array) -> dict[str, Array]:
        estimate = likelihood.estimate(x)
        return {name: one(x, estimate) for name, one in sets.items()}

    return features


def lensing_channels(setup: Lensing) -> Callable[[Array], Array]:
    """Return x -> (2 bins, N, N), what convolutions see: the maps, and Wiener-filtered ones at the fiducial point."""
    return with_filtered(setup.grid, _fiducial_filter(setup))


def with_filtered(grid: Grid, matrix: np.ndarray) -> Callable[[Array], Array]:
    """Return x (bins, N, N) -> (2 bins, N, N): the maps, and the maps filtered by `matrix` (`wiener.wiener_matrix`)."""
    return lambda x: jnp.concatenate([x, filter_maps(grid, jnp.asarray(matrix), x)])


def observed_features(
    setup: Lensing, maps: Sequence[np.ndarray], observations: Sequence[str], names: Sequence[str]
) -> dict[str, xr.Dataset]:
    """Return ``features`` (view, observation, entry) and maps ``x`` of several observations, by name of the set."""
    x = np.stack([np.asarray(one) for one in maps])
    common = xr.Dataset({"x": (("observation", *MAP_DIMS), x)}, coords={"observation": list(observations)})
    return with_features(setup, common, names)


def with_features(setup: Lensing, maps: xr.Dataset, names: Sequence[str]) -> dict[str, xr.Dataset]:
    """Add ``features`` (view, first dimension of ``x``, entry) to a dataset of maps ``x``, by name of the set."""
    extract = lensing_feature_sets(setup, names)
    features = jit_once(lambda x: jax.lax.map(extract, x))(jnp.asarray(maps["x"].values))
    dims = "view", maps["x"].dims[0], "entry"
    return {name: maps.assign(features=(dims, np.asarray(values)[None])) for name, values in features.items()}


def feature_derivatives(
    setup: Lensing, names: Sequence[str]
) -> Callable[[RandomKey], tuple[dict[str, Array], dict[str, Any], Array]]:
    """Return key -> (features of a map at the fiducial point, their derivatives in u, whether it is valid).

    Latents and noise are held fixed; the derivatives (p, length of the features) are exact.
    """
    features, u = lensing_feature_sets(setup, names), fiducial_u(setup)

    def simulate(key):
        def at(u):
            values = simulate_one(key, setup.task, setup.task.prior.to_constrained(u), sites=("x",))
            made = features(values["x"])
            return made, (made, values["num_invalid"] == 0)

        tangents, (made, valid) = jax.jacfwd(at, has_aux=True)(u)
        return made, jax.tree.map(jnp.transpose, tangents), valid

    return simulate
