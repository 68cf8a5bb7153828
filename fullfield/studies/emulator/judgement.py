"""Maps of every kind beside expensive ones."""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.emulator import Bank
from fullfield.emulator.emulator import Emulator
from fullfield.studies.emulator.kinds import FITS, TRANSFER, overdensities
from fullfield.studies.emulator.maps import PAIRED, REPEATS, bank_of
from fullfield.studies.emulator.settings import CHEAP, EXPENSIVE
from fullfield.studies.emulator.statistics import Judged, compare_maps

NUM_STEP_MAPS = 64
"""That the error of the steps is measured on."""
NUM_EXAMPLES = 3


class Judgement(NamedTuple):
    """What emulators are worth."""

    statistics: pd.DataFrame
    """As in `statistics.compare_maps`."""
    steps: pd.DataFrame
    """emulator, step_error (`Transport.step_error`)."""
    examples: xr.Dataset
    """maps (kind, example, row, column), overdensities, and their theta."""


def judge(maps: Mapping[str, xr.Dataset], emulators: Mapping[str, Emulator], seed: int, side: float) -> Judgement:
    """Compare maps of every kind with expensive ones.

    Parameters
    ----------
    maps
        By simulator.
    emulators
        By name, keys of `kinds.FITS`.
    seed
        Integer seed.
    side
        Of a map, Mpc/h.
    """
    kinds = (CHEAP, TRANSFER, *emulators)
    made = {kind: _judged(kind, maps, emulators, seed) for kind in (*kinds, EXPENSIVE)}
    statistics = compare_maps({kind: made[kind] for kind in kinds}, made[EXPENSIVE], side)
    steps = [
        {"emulator": name, "step_error": emulator.step_error(_few(maps, emulator, name))}
        for name, emulator in emulators.items()
    ]
    examples = xr.Dataset(
        {
            "maps": (
                ("kind", "example", "row", "column"),
                np.stack([one.paired[:NUM_EXAMPLES] for one in made.values()]),
            ),
            "theta": (("example", "parameter"), maps[CHEAP]["theta_paired"].values[:NUM_EXAMPLES]),
        },
        coords={"kind": list(made), "parameter": maps[CHEAP]["parameter"].values},
    )
    return Judgement(statistics, pd.DataFrame(steps), examples)


def _judged(kind: str, maps: Mapping[str, xr.Dataset], emulators: Mapping[str, Emulator], seed: int) -> Judged:
    return Judged(*(overdensities(kind, maps, emulators, name, seed).x for name in (PAIRED, REPEATS)))


def _few(maps: Mapping[str, xr.Dataset], emulator: Emulator, name: str) -> Bank:
    bank = bank_of(maps[CHEAP], PAIRED).rows(np.arange(min(NUM_STEP_MAPS, maps[CHEAP].sizes[PAIRED])))
    if not FITS[name].from_noise:
        return bank
    return bank._replace(x=emulator.units.noise(jax.random.key(0), bank.x.shape))
