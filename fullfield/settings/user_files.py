"""The files that a configuration names, read and held against it before the first job."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fullfield.settings import registry
from fullfield.settings.checked import Settings
from fullfield.settings.user_images import Images, check_symmetries
from fullfield.settings.user_prior import declared_prior
from fullfield.settings.user_simulations import check_observed, check_simulations
from fullfield.symmetries import SYMMETRIES


def check_files_of(settings: Settings) -> None:
    """Read observations and simulations.

    Raises
    ------
    ValueError
        Naming the file, what was given and what is allowed.
    """
    if settings.task == "lensing":
        _check_maps(settings)
    elif settings.task in registry.SMALL_TASKS:
        _check_data(settings)
    else:
        _check_stored(settings)


def has_images(simulations: Path) -> bool:
    """Return whether a file of simulations holds images with all symmetries."""
    from fullfield import maps_io  # a quarter of a second that the task lensing should not pay

    return set(SYMMETRIES) <= set(maps_io.load_symmetries(simulations))


def _check_maps(settings: Settings) -> None:
    paths = [path for path in settings.observations.values() if path is not None]
    if paths:
        from fullfield.settings import observation  # most runs need no reader of maps

        for path in paths:
            observation.load(path, settings.survey, settings.budgets["num_pixels"], settings.observation_pixel_arcmin)


def _check_data(settings: Settings) -> None:
    paths = [path for path in settings.observations.values() if path is not None]
    if paths:
        from fullfield import maps_io, tasks  # seconds that a mock observation should not pay
        from fullfield.tasks.task import data_shape

        shape = data_shape(tasks.make(settings.task))
        for path in paths:
            check_observed(maps_io.load_map(path)[0], shape, str(path))


def _check_stored(settings: Settings) -> None:
    from fullfield import maps_io

    name = str(settings.simulations)
    simulations = check_simulations(maps_io.load_simulations(settings.simulations), name)
    if settings.has_images and (channels := settings.budget("compressor", "num_channels")):
        _check_patches(name, simulations["x"].shape[-1], channels)
    _check_declared(name, simulations, settings.methods)
    if "symmetries" in simulations:
        check_symmetries(Images(simulations["x"], tuple(simulations["symmetries"]), None), name)
    for path in settings.observations.values():
        check_observed(maps_io.load_map(path)[0], simulations["x"].shape[1:], str(path))


def _check_declared(name: str, simulations: Mapping[str, np.ndarray], methods: tuple[str, ...]) -> None:
    """Refuse what needs the prior of simulations whose file does not say what it is."""
    if declared_prior(simulations) is not None:
        return
    how = "declare it by the array prior, uniform or normal, with low and high or loc and scale"
    for method in methods:
        if not registry.methods()[method].has_density:
            raise ValueError(f"{name}: it holds no prior, which method {method!r} multiplies its likelihood by; {how}")
    if "score" in simulations:
        raise ValueError(f"{name}: it holds score but no prior, in whose coordinates scores are learned from; {how}")


def _check_patches(name: str, side: int, channels: int) -> None:
    from fullfield.compress.networks import SummaryNetwork

    if side % SummaryNetwork.patch:
        raise ValueError(
            f"{name}: its images have {side} x {side} pixels, and compressor.num_channels is {channels}; allowed: a"
            f" side that is a multiple of {SummaryNetwork.patch}, or num_channels = 0"
        )
