"""Maps of both simulators: unpaired ones that train, paired ones that judge, and many at one point."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from fullfield import tasks
from fullfield.emulator import Bank
from fullfield.keys import stage_key
from fullfield.resume import Course, Resume, run
from fullfield.studies.emulator.settings import CHEAP, EXPENSIVE
from fullfield.tasks import Task
from fullfield.tasks.projected_density import LPT, MESH
from fullfield.tasks.task import data_shape, simulate_one
from fullfield.types import Float, RandomKey

SIMULATORS = {CHEAP: LPT, EXPENSIVE: MESH}
HELD_OUT = (0.32, 0.85)
"""Parameters at which the spectra's variances are measured."""
CHUNK = 50
"""Maps between two lines of progress, or two checkpoints."""
TRAINING, INFERENCE, PAIRED, REPEATS = SETS = ("training", "inference", "paired", "repeats")


@dataclasses.dataclass(frozen=True)
class MapSettings:
    """Numbers of maps of each simulator.

    Attributes
    ----------
    num_pixels, side, num_mesh_steps
        Of the simulators (`tasks.projected_density`).
    num_points, num_per_point
        Parameters that training maps are at, the same for both simulators, and maps at each, of initial conditions
        of their own.
    num_inference
        Maps of the prior that posteriors are learned from, with the same initial conditions in both simulators.
    num_paired
        Maps of the prior that judge, with the same initial conditions in both simulators, too.
    num_repeats
        Maps at `HELD_OUT`, with the same initial conditions, too.
    """

    num_pixels: int
    side: float
    num_mesh_steps: int
    num_points: int
    num_per_point: int
    num_inference: int
    num_paired: int
    num_repeats: int

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "MapSettings":
        """Return what the configuration says."""
        return cls(**{field.name: budget[field.name] for field in dataclasses.fields(cls)})

    def task(self, simulator: str, **settings: Any) -> Task:
        """Return the task of a simulator of the study."""
        own = {"num_pixels": self.num_pixels, "side": self.side, "num_steps": self.num_mesh_steps}
        return tasks.make("projected_density", simulator=SIMULATORS[simulator], **own, **settings)


class MapSet(NamedTuple):
    """Where maps of one purpose are: key and parameters."""

    key: RandomKey
    theta: Float[np.ndarray, "simulation p"]


class _Progress(NamedTuple):
    """Everything a checkpoint holds."""

    row: np.ndarray
    maps: np.ndarray


def make_maps(simulator: str, seed: int, settings: MapSettings, *, resume: Resume | None = None) -> xr.Dataset:
    """Return logarithms of 1 + delta without noise: for each of `SETS`, theta_<set> and log_<set>.

    Parameters
    ----------
    simulator
        A key of `SIMULATORS`.
    seed
        Integer seed.
    settings
        Numbers of maps.
    resume
        Where to keep the finished maps.

    Raises
    ------
    ValueError
        Where a map is not finite and positive, with its parameters and where it comes from.
    """
    task = settings.task(simulator, noise=0.0)
    variables = {}
    for name, where in _sets(simulator, seed, task, settings).items():
        maps = _simulate(where, task, name, resume and resume.part(name))
        variables |= {
            f"theta_{name}": ((name, "parameter"), where.theta),
            f"log_{name}": ((name, "row", "column"), require_finite(maps, where.theta, f"{simulator}, {name}", seed)),
        }
    return xr.Dataset(variables, coords={"parameter": list(task.parameter_names)})


def num_maps(maps: xr.Dataset) -> int:
    """Return how many maps there are, of all purposes."""
    return sum(maps.sizes[name] for name in SETS)


def bank_of(maps: xr.Dataset, name: str) -> Bank:
    """Return the maps of one purpose, and their parameters."""
    return Bank(maps[f"theta_{name}"].values, maps[f"log_{name}"].values)


def _sets(simulator: str, seed: int, task: Task, settings: MapSettings) -> dict[str, MapSet]:
    """Return what is simulated; initial conditions of training maps differ between simulators, others are the same."""

    def key(*names: str) -> RandomKey:
        return stage_key(seed, "emulator", *names)

    def of_prior(name: str, num: int) -> np.ndarray:
        return np.asarray(task.prior.sample(key("parameters", name), (num,)))

    points = np.repeat(of_prior(TRAINING, settings.num_points), settings.num_per_point, axis=0)
    return {
        TRAINING: MapSet(key(TRAINING, simulator), points),
        INFERENCE: MapSet(key(INFERENCE), of_prior(INFERENCE, settings.num_inference)),
        PAIRED: MapSet(key(PAIRED), of_prior(PAIRED, settings.num_paired)),
        REPEATS: MapSet(key(REPEATS), np.tile(np.asarray(HELD_OUT, np.float32), (settings.num_repeats, 1))),
    }


def _simulate(where: MapSet, task: Task, name: str, resume: Resume | None) -> Float[np.ndarray, "simulation n n"]:
    """Return the logarithm of the map of each row, which depends on the row's number alone."""

    def one(row, theta):
        return jnp.log1p(simulate_one(jax.random.fold_in(where.key, row), task, theta)["x"])

    make = jax.jit(lambda rows, theta: jax.lax.map(lambda pair: one(*pair), (rows, theta)))
    total = len(where.theta)

    def advance(progress: _Progress) -> _Progress:
        start, stop = int(progress.row), min(int(progress.row) + CHUNK, total)
        rows = np.minimum(start + np.arange(CHUNK), total - 1)
        progress.maps[start:stop] = np.asarray(make(jnp.asarray(rows), jnp.asarray(where.theta[rows])))[: stop - start]
        return _Progress(np.array(stop, np.int32), progress.maps)

    empty = np.zeros((total, *data_shape(task)), np.float32)
    course = Course(f"map, {name}", total, position=lambda progress: int(progress.row))
    return run(_Progress(np.zeros((), np.int32), empty), advance, course, resume).maps


def require_finite(
    maps: Float[np.ndarray, "simulation n n"], theta: Float[np.ndarray, "simulation p"], what: str, seed: int
) -> Float[np.ndarray, "simulation n n"]:
    """Return logarithms of maps, or raise `ValueError` with the number, seed and parameters of what is not finite."""
    failed = np.flatnonzero(~np.isfinite(maps).all(axis=(1, 2)))
    if len(failed):
        first = failed[0]
        raise ValueError(
            f"{len(failed)} of {len(maps)} maps ({what}) are not finite and positive; the first is number {first} of"
            f" seed {seed}, at parameters {theta[first].tolist()}"
        )
    return maps
