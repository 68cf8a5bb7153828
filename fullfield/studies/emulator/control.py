"""The Gaussian control: maps between two Gaussians in the plane, where that of optimal transport is known."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.emulator import Bank, FlowSettings, PairSettings, Transport, VelocityPerceptron, fit_transport
from fullfield.emulator.gaussians import banks, exact_map
from fullfield.keys import stage_key
from fullfield.train import FitSettings

NUM_TEST, NUM_PATHS, NUM_TIMES = 1000, 24, 21


class Control(NamedTuple):
    """How well the map is learned."""

    errors: pd.DataFrame
    """pairing, batch_size, seed, error: root mean square distance to the exact map, over what that adds."""
    paths: xr.Dataset
    """path (pairing, time, draw, coordinate) at theta = 0 and exact (draw, coordinate), of the largest batch."""


@dataclasses.dataclass(frozen=True)
class ControlSettings:
    """Budget of the control.

    Attributes
    ----------
    batch_sizes
        Of optimal pairs; independent ones have the largest.
    num_draws
        Of each Gaussian.
    num_seeds
        Trainings of each kind.
    fit
        Of the training.
    """

    batch_sizes: tuple[int, ...]
    num_draws: int
    num_seeds: int
    fit: FitSettings

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "ControlSettings":
        """Return what the configuration says."""
        counts = {name: budget[name] for name in ("num_draws", "num_seeds")}
        return cls(tuple(budget["batch_sizes"]), **counts, fit=FitSettings.from_budget(budget))


def run_control(seed: int, settings: ControlSettings) -> Control:
    """Learn the map from optimal pairs of several batch sizes, and from independent ones."""
    largest = max(settings.batch_sizes)
    cases = [("optimal", size) for size in settings.batch_sizes] + [("independent", largest)]
    test, _ = banks(seed + 1, NUM_TEST)
    exact, rows, paths = exact_map(test), [], {}
    few = Bank(np.zeros((NUM_PATHS, 1), np.float32), test.x[:NUM_PATHS])
    for pairing, size in cases:
        for index in range(settings.num_seeds):
            transport = _fit(seed, index, pairing, size, settings)
            found = np.asarray(transport(jnp.asarray(test.x), jnp.asarray(test.theta)))
            error = np.sqrt(((found - exact) ** 2).mean() / ((exact - test.x) ** 2).mean())
            rows.append({"pairing": pairing, "batch_size": size, "seed": index, "error": float(error)})
        if size == largest:
            paths[pairing] = np.asarray(transport.path(jnp.asarray(few.x), jnp.asarray(few.theta), NUM_TIMES))
    dataset = xr.Dataset(
        {
            "path": (("pairing", "time", "draw", "coordinate"), np.stack(list(paths.values()))),
            "exact": (("draw", "coordinate"), exact_map(few)),
        },
        coords={"pairing": list(paths)},
    )
    return Control(pd.DataFrame(rows), dataset)


def _fit(seed: int, index: int, pairing: str, batch_size: int, settings: ControlSettings) -> Transport:
    key = jax.random.fold_in(stage_key(seed, "emulator", "control"), index)
    pairs = PairSettings(pairing, batch_size, num_validation=settings.num_draws // 8)
    flow = FlowSettings(settings.fit, pairs)
    return fit_transport(key, VelocityPerceptron(2), banks(1000 * (seed + 1) + index, settings.num_draws), flow)[0]
