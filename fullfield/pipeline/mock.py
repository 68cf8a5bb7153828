"""The observation as a labelled file: a mock, or the user's own data."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from fullfield import maps_io
from fullfield.compilation import jit_once
from fullfield.keys import stage_key
from fullfield.pipeline.problem import Lensing
from fullfield.settings import observation
from fullfield.tasks.task import simulate_one

MAX_ATTEMPTS = 20


def simulate_observation(setup: Lensing, seed: int, name: str) -> xr.Dataset:
    """Simulate one observation with a key of its own, at the fiducial point or, if its name says prior, a draw of it.

    Returns
    -------
    Dataset
        ``x`` and ``kappa`` (bin, y, x) and the true ``theta`` (parameter).
    """
    task = setup.task
    theta = None if name.startswith("prior") else jnp.asarray(task.fiducial)
    key = stage_key(seed, "observe", name)
    simulate = jit_once(lambda key: simulate_one(key, task, theta, sites=("theta", "x", "kappa")))
    for attempt in range(MAX_ATTEMPTS):
        # A few draws at the edge of the prior have no lognormal field; the others are the law that methods assume.
        attempt_key = jax.random.fold_in(key, attempt) if attempt else key
        values = simulate(attempt_key)
        if values["num_invalid"] == 0:
            break
    else:
        where = "the fiducial point" if theta is not None else f"{MAX_ATTEMPTS} draws of the prior"
        raise ValueError(
            f"the lognormal field does not exist at {where}: non-positive modes; is the survey's n(z) right?"
        )
    dims = maps_io.MAP_DIMS
    return xr.Dataset(
        {
            "x": (dims, np.asarray(values["x"])),
            "kappa": (dims, np.asarray(values["kappa"])),
            "theta": ("parameter", np.asarray(values["theta"], np.float64)),
        },
        coords={"parameter": list(task.parameter_names)},
        attrs={"pixel_arcmin": setup.grid.pixel_arcmin},
    )


def read_map(path: str | Path, survey: dict[str, Any], num_pixels: int, pixel_arcmin: float | None) -> xr.Dataset:
    """Read and check one observed map of the lensing task."""
    x = observation.load(path, survey, num_pixels, pixel_arcmin)
    attrs = {"pixel_arcmin": 60.0 * survey["field_deg"] / num_pixels}
    return xr.Dataset({"x": (maps_io.MAP_DIMS, x)}, attrs=attrs)


def read_data(path: str | Path) -> xr.Dataset:
    """Read one observed x of a user's own simulator."""
    x = np.asarray(maps_io.load_map(path)[0], np.float32)
    return xr.Dataset({"x": (tuple(f"axis_{axis}" for axis in range(x.ndim)), x)})
