"""Stored features of simulations, made once from the maps, and the maps anew for networks with convolutions."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from fullfield.compress.views import Source, stored_views
from fullfield.keys import stage_key
from fullfield.pipeline.map_features import NUM_FEATURE_GRADIENTS, feature_derivatives, fiducial_u, lensing_feature_sets
from fullfield.pipeline.priors import NamedPrior
from fullfield.pipeline.problem import Problem, lensing_problem, require_valid
from fullfield.pipeline.setup import Lensing
from fullfield.pipeline.stored_simulations import Stored, rows_of
from fullfield.resume import Resume
from fullfield.types import Array, ArrayLike, Float, RandomKey

FIDUCIAL, FIDUCIAL_TEST = "fiducial", "fiducial_test"
"""Splits at the fiducial point: those that train and select, and those that information is measured on."""


class Split(NamedTuple):
    """Simulations that serve one end, and what is kept of them."""

    name: str
    """What they are for; those at the fiducial point (`is_fiducial`) have derivatives and a single view."""
    features: Sequence[str]
    """Feature sets, keys of `map_features.FEATURE_SETS`."""
    num_simulations: int
    """Distinct simulations."""
    num_views: int = 1
    """Observations of each, with fresh noise and symmetry."""

    @property
    def is_fiducial(self) -> bool:
        """Whether they are made at the fiducial point."""
        return self.name in (FIDUCIAL, FIDUCIAL_TEST)


class Extracted(NamedTuple):
    """Features of simulations and what they took."""

    datasets: dict[str, xr.Dataset]
    """By name of the set: ``u``, ``theta`` (simulation, parameter), ``features`` (view, simulation, entry) and, at the
    fiducial point, their ``derivative`` in u (simulation, parameter, entry); and ``simulation_index`` (simulation) and
    ``view_index`` (view, simulation), from which `MapsOf` makes the maps anew."""
    num_simulations: int
    num_gradients: dict[str, int]
    """Gradients of the joint density, by name of the set."""
    num_discarded: int


def extract_features(setup: Lensing, seed: int, split: Split, *, resume: Resume | None = None) -> Extracted:
    """Simulate maps, observe each a few times and keep their features.

    Parameters
    ----------
    setup
        The lensing task.
    seed
        Integer seed.
    split
        How many simulations, and which features.
    resume
        As in `compress.views.stored_views`.

    Returns
    -------
    Extracted
        Invalid simulations are left out and counted.

    Raises
    ------
    ValueError
        Where more than five simulations in a thousand are invalid.
    """
    named = NamedPrior(setup.task.parameter_names, setup.task.prior)
    source = _source(setup, seed, split)
    datasets, num_discarded = _extract(_noise_key(seed, split.name), source, split, named, resume)
    # A derivative along one parameter is counted like the gradient that it differentiates.
    derivatives = setup.task.num_parameters if split.is_fiducial else 0
    evaluations = split.num_simulations * split.num_views * (1 + derivatives)
    gradients = {name: evaluations * NUM_FEATURE_GRADIENTS.get(name, 0) for name in split.features}
    return Extracted(datasets, split.num_simulations, gradients, num_discarded)


def extract_stored(problem: Stored, seed: int, split: Split, *, resume: Resume | None = None) -> Extracted:
    """Observe the share `split` of the images on file a few times each and keep their features.

    Parameters
    ----------
    problem
        Images with their features.
    seed
        Integer seed.
    split
        Name of the share, one name for the features, and views; the number of simulations is that of the share.
        ``training`` holds those that validate last.
    resume
        As in `compress.views.stored_views`.
    """
    # Features are invariant under the symmetries: without fresh noise every view would be the same.
    num_views = 1 if problem.noise_sigma is None else split.num_views
    num_simulations = len(rows_of(problem.num_stored, split.name))
    split = split._replace(num_simulations=num_simulations, num_views=num_views)
    (name,) = split.features
    source = problem.of_split(seed, split.name)._replace(features=lambda x: {name: problem.features(x)})
    named = NamedPrior(problem.parameter_names, problem.prior)
    datasets, num_discarded = _extract(_noise_key(seed, split.name), source, split, named, resume)
    return Extracted(datasets, num_simulations, {name: 0}, num_discarded)


class MapsOf(NamedTuple):
    """The maps that stored features are of, made anew from their keys."""

    source: Source
    noise_key: RandomKey

    def view(self, simulation: Array, view: Array) -> Float[Array, "bins n n"]:
        """Return the maps of a view, by the indices that are stored with its features."""
        return self.source.view(simulation, self.noise_key, view)[1]


def maps_of(problem: Problem, seed: int, split: str) -> MapsOf:
    """Return the maps of a split of `extract_features` or `extract_stored`.

    Parameters
    ----------
    problem
        The lensing simulator, of whatever stage, or images with their features.
    seed
        Integer seed that the features were made with.
    split
        Name of the split.

    Raises
    ------
    ValueError
        For the simulations at the fiducial point, which are made otherwise.
    """
    if split in (FIDUCIAL, FIDUCIAL_TEST):
        raise ValueError("maps at the fiducial point are not made anew")
    source = problem.of_split(seed, split)._replace(features=None, channels=problem.channels)
    return MapsOf(source, _noise_key(seed, split))


def _noise_key(seed: int, split: str) -> RandomKey:
    return stage_key(seed, "extract_features", split)


def _extract(
    key: RandomKey, source: Source, split: Split, named: NamedPrior, resume: Resume | None
) -> tuple[dict[str, xr.Dataset], int]:
    """Return a dataset of every feature set, and how many simulations are invalid."""
    shape = split.num_views, split.num_simulations
    views = stored_views(key, source, split.num_simulations, split.num_views, resume=resume)
    valid = views.valid.reshape(shape).all(0)
    num_discarded = require_valid(valid)
    rows = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)[:, valid]
    parameters = parameters_dataset(named, views.u[: split.num_simulations][valid])
    parameters = parameters.assign(simulation_index=("simulation", rows[0]), view_index=(("view", "simulation"), rows))
    datasets = {}
    for name in split.features:
        values = views.features[name]
        values = values.reshape(*shape, *values.shape[1:])[:, valid]
        datasets[name] = parameters.assign(features=(("view", "simulation", "entry"), values))
        if (derivative := views.features.get(f"{name}_derivative")) is not None:
            datasets[name]["derivative"] = (("simulation", "parameter", "entry"), derivative[valid])
    return datasets, num_discarded


def _source(setup: Lensing, seed: int, split: Split) -> Source:
    if not split.is_fiducial:
        made = lensing_problem(setup, seed, split.name).of_split(seed, split.name)
        return made._replace(features=lensing_feature_sets(setup, split.features))
    differentiate, u = feature_derivatives(setup, split.features), fiducial_u(setup)

    def generate(index, key):
        made, derivatives, valid = differentiate(jax.random.fold_in(key, index))
        return u, made | {f"{name}_derivative": value for name, value in derivatives.items()}, valid

    # What is made are the features themselves.
    return Source(generate, _noise_key(seed, split.name), features=lambda made: made)


def parameters_dataset(named: NamedPrior, u: ArrayLike) -> xr.Dataset:
    """Return u and theta (simulation, parameter) as a labelled dataset."""
    dims = ("simulation", "parameter")
    theta = np.asarray(named.prior.to_constrained(jnp.asarray(u)))
    coordinates = {"parameter": list(named.names)}
    return xr.Dataset({"u": (dims, np.asarray(u)), "theta": (dims, theta)}, coords=coordinates)
