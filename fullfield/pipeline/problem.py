"""What an implicit method needs to know of a problem, be it the lensing simulator or simulations from a user's file."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from fullfield import maps_io
from fullfield.compress.augment import augment_maps
from fullfield.inference.score_checks import require_right
from fullfield.inference.scores import pull_back
from fullfield.keys import stage_key
from fullfield.pipeline.image_features import ImageFeatures
from fullfield.pipeline.image_features import load as load_image_features
from fullfield.pipeline.map_features import NUM_FEATURE_GRADIENTS, lensing_channels, lensing_features
from fullfield.pipeline.priors import stored_prior
from fullfield.pipeline.setup import Lensing, load_lensing
from fullfield.pipeline.source import Problem, Simulator, require_valid
from fullfield.pipeline.stored_simulations import Stored, split_stored
from fullfield.settings.user_simulations import check_simulations
from fullfield.tasks.task import simulate_one

__all__ = ["Lensing", "Problem", "files_problem", "lensing_problem", "load", "load_lensing", "require_valid"]
__all__ += ["split_stored"]


def lensing_problem(setup: Lensing, seed: int, stage: str, features: str | None = None) -> Simulator:
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
    """
    task = setup.task

    def generate(index, key):
        u_key, key = jax.random.split(jax.random.fold_in(key, index))
        u = jax.random.normal(u_key, (task.num_parameters,))
        values = simulate_one(key, task, task.prior.to_constrained(u), sites=("kappa",))
        return u, values["kappa"], values["num_invalid"] == 0

    def observe(key, kappa):
        symmetry_key, noise_key = jax.random.split(key)
        return task.observe(noise_key, augment_maps(symmetry_key, kappa))

    data, channels = stage_key(seed, "simulate", stage), lensing_channels(setup)
    source = Simulator(task, setup.grid, generate, observe, data, channels=channels)
    if features is None:
        return source
    gradients = NUM_FEATURE_GRADIENTS.get(features, 0)
    return source._replace(features=lensing_features(setup, features), num_feature_gradients=gradients)


def files_problem(path: str | Path, seed: int, stage: str, images: ImageFeatures | None = None) -> Stored:
    """Wrap simulations on file.

    The parameters' coordinates are u = Phi^-1(F(theta)), F the prior that the file stands for (`priors.stored_prior`).

    Parameters
    ----------
    path
        File of simulations.
    seed, stage
        What the noise and the symmetries of images are seeded by.
    images
        What networks see of images; None where they see x as a vector.

    Raises
    ------
    ValueError
        Where the file is not what it should be, or its scores are not those of its simulations.
    """
    stored = check_simulations(maps_io.load_simulations(path), str(path))
    names, prior = stored_prior(stored)
    u = prior.to_unconstrained(jnp.asarray(stored["theta"], jnp.float32))
    symmetries = tuple(map(str, stored.get("symmetries", ())))
    data = u, jnp.asarray(stored["x"], jnp.float32)
    source = Stored(names, prior, data, stage_key(seed, "observe", stage), symmetries, stored.get("noise_sigma"))
    if "score" in stored:
        score = np.asarray(pull_back(prior.to_constrained, u, stored["score"]))
        require_right(u, stored["x"], score, f"{path}: score")
        source = source._replace(score=score)
    return source if images is None else source._replace(features=images, channels=images.channels)


def load(
    task: str,
    source: str | Path,
    seed: int,
    stage: str,
    features: str | None = None,
    image_file: str | Path | None = None,
) -> Problem:
    """Build the problem of a task of the configuration, for one stage.

    Parameters
    ----------
    task
        ``lensing``, or another: its simulations are on file.
    source
        The surrogate of the spectra, or the file of simulations.
    seed, stage
        What simulations that are made are seeded by, and what is added to those on file.
    features
        A key of `map_features.FEATURE_SETS`, or None where no network is involved; unused for files.
    image_file
        What the features of images on file rest on (`image_features.save`); None where no network is involved, or where
        it sees vectors.

    Returns
    -------
    Problem
        See `lensing_problem` and `files_problem`.
    """
    if task != "lensing":
        return files_problem(source, seed, stage, load_image_features(image_file) if image_file else None)
    return lensing_problem(load_lensing(source), seed, stage, features)
