"""What an implicit method needs to know of a problem, be it the lensing simulator or simulations from a user's file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import binom

from fullfield import maps_io
from fullfield.compress.augment import augment_maps
from fullfield.fields import Grid
from fullfield.keys import stage_key
from fullfield.pipeline.map_features import NUM_FEATURE_GRADIENTS, lensing_features
from fullfield.pipeline.priors import stored_prior
from fullfield.pipeline.setup import Lensing, load_lensing
from fullfield.settings.user_simulations import check_simulations
from fullfield.tasks import ProductPrior, Task
from fullfield.tasks.task import simulate_one
from fullfield.types import Array, ArrayLike, RandomKey

__all__ = ["Lensing", "Problem", "files_problem", "lensing_problem", "load", "load_lensing", "require_valid"]
__all__ += ["split_stored"]

MAX_INVALID_FRACTION = 5e-3
"""The surrogate leaves a few non-positive modes at the edge of the prior (Omega_c < 0.05); more is an error."""
FALSE_ALARM = 1e-4
"""Of `require_valid`, where simulations are invalid at that rate: one of thirty is bad luck, not an error."""


class Problem(NamedTuple):
    """A source of (theta, x) pairs; parameters enter networks as u, standard normal under the prior."""

    parameter_names: tuple[str, ...]
    prior: ProductPrior
    generate: Callable[[Array, Any], tuple[Array, Array, Array]]
    """(index, data) -> (u, signal, valid), the same whenever the index is asked for."""
    observe: Callable[[RandomKey, Array], Array]
    """(key, signal) -> x: fresh noise and symmetries for the simulator, nothing for stored simulations."""
    data: Any
    features: Callable[[Array], Array] | None
    task: Task | None
    """The generative model; None for stored simulations."""
    grid: Grid | None
    num_stored: int | None
    """Simulations on file; None where they are made on the fly."""
    num_feature_gradients: int = 0
    """Gradients of the joint density that the features of one view of a set of maps take."""


def lensing_problem(setup: Lensing, seed: int, stage: str, features: str | None = None) -> Problem:
    """Wrap the lensing simulator: simulation i of a stage is remade from its seed whenever it is needed.

    Parameters
    ----------
    setup
        The lensing task.
    seed
        Integer seed of the workflow.
    stage
        What the simulations are for; stages have independent simulations.
    features
        What networks see besides the maps, a key of `map_features.FEATURE_SETS`; None where no network is involved.

    Returns
    -------
    Problem
        Its `generate` gives the noiseless maps, its `observe` adds a symmetry and noise.
    """
    task, grid = setup.task, setup.grid
    sigma = jnp.asarray(setup.noise_sigma, jnp.float32)[:, None, None]

    def generate(index, key):
        u_key, key = jax.random.split(jax.random.fold_in(key, index))
        u = jax.random.normal(u_key, (task.num_parameters,))
        values = simulate_one(key, task, task.prior.to_constrained(u), sites=("kappa",))
        return u, values["kappa"], values["num_invalid"] == 0

    def observe(key, kappa):
        symmetry_key, noise_key = jax.random.split(key)
        return augment_maps(symmetry_key, kappa) + sigma * jax.random.normal(noise_key, kappa.shape)

    return Problem(
        parameter_names=task.parameter_names,
        prior=task.prior,
        generate=generate,
        observe=observe,
        data=stage_key(seed, "simulate", stage),
        features=lensing_features(setup, features) if features else None,
        task=task,
        grid=grid,
        num_stored=None,
        num_feature_gradients=NUM_FEATURE_GRADIENTS.get(features, 0),
    )


def files_problem(path: str | Path) -> Problem:
    """Wrap simulations on file: no noise is added, no symmetry is assumed.

    The parameters' coordinates are u = Phi^-1(F(theta)), F the prior that the file stands for (`priors.stored_prior`).
    """
    stored = check_simulations(maps_io.load_simulations(path), str(path))
    names, prior = stored_prior(stored)
    u = prior.to_unconstrained(jnp.asarray(stored["theta"], jnp.float32))
    return Problem(
        parameter_names=names,
        prior=prior,
        generate=lambda index, data: (data[0][index], data[1][index], jnp.array(True)),
        observe=lambda key, x: x,
        data=(u, jnp.asarray(stored["x"], jnp.float32)),
        features=None,
        task=None,
        grid=None,
        num_stored=len(stored["theta"]),
    )


def load(
    task: str,
    source: str | Path,
    seed: int,
    stage: str,
    features: str | None = None,
) -> Problem:
    """Build the problem of a task of the configuration, for one stage.

    Parameters
    ----------
    task
        ``lensing`` or ``files``.
    source
        The surrogate of the spectra, or the file of simulations.
    seed, stage
        What the simulations made on the fly are seeded by.
    features
        A key of `map_features.FEATURE_SETS`, or None where no network is involved; unused for files.

    Returns
    -------
    Problem
        See `lensing_problem` and `files_problem`.
    """
    if task == "files":
        return files_problem(source)
    return lensing_problem(load_lensing(source), seed, stage, features)


def split_stored(num_stored: int) -> dict[str, np.ndarray]:
    """Share simulations on file: 45 % train the compressor, 5 % validate it, 40 % train NPE and 10 % calibrate."""
    stops = np.round(np.array([0.45, 0.5, 0.9, 1.0]) * num_stored).astype(int)
    starts = np.concatenate([[0], stops[:-1]])
    names = ("compressor", "validation", "inference", "calibration")
    return {name: np.arange(a, b) for name, a, b in zip(names, starts, stops, strict=True)}


def require_valid(valid: ArrayLike) -> int:
    """Return how many simulations are invalid, if few are.

    Raises
    ------
    ValueError
        Where more than five in a thousand are, by more than chance would have it.
    """
    invalid = int(np.sum(~np.asarray(valid, bool)))
    if binom.sf(invalid - 1, np.size(valid), MAX_INVALID_FRACTION) < FALSE_ALARM:
        raise ValueError(
            f"{invalid} of {np.size(valid)} simulations are invalid (non-positive modes or non-finite values);"
            f" at most {MAX_INVALID_FRACTION:.1%} may be"
        )
    return invalid
