"""Emulators between two simulators of one's own: trained, judged and applied to unpaired maps on file."""

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import jax
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.emulator import Bank
from fullfield.emulator.emulator import Emulator, train_emulator
from fullfield.keys import stage_key
from fullfield.resume import Resume
from fullfield.settings.user_images import DECLARED
from fullfield.settings.user_prior import OF_EACH, PRIOR_ARRAYS
from fullfield.studies.emulator.kinds import EmulatorSettings
from fullfield.studies.emulator.maps import require_finite
from fullfield.studies.emulator.settings import CHEAP, EXPENSIVE
from fullfield.studies.emulator.statistics import compare_unpaired
from fullfield.symmetries import ROLL, SYMMETRIES

PART = 8
"""One of so many simulations is held out for the comparison; of the others one of so many validates."""

Arrays = Mapping[str, np.ndarray]


class Split(NamedTuple):
    """Simulations of one simulator, in an order of chance."""

    learned: Bank
    tested: Bank
    """That no training has seen."""


class Emulated(NamedTuple):
    """What an emulator makes of the cheap simulations."""

    maps: np.ndarray
    """(n, N, N), in the order of the file."""
    statistics: pd.DataFrame
    """As in `statistics.compare_unpaired`, of simulations that were not trained on."""
    step_error: float
    """`Transport.step_error` of these."""


def split(seed: int, files: Mapping[str, Arrays]) -> dict[str, Split]:
    """Return simulations of both simulators to learn from, and others to test on."""
    parts = {}
    for kind in (CHEAP, EXPENSIVE):
        theta, x = files[kind]["theta"], files[kind]["x"]
        order = np.asarray(jax.random.permutation(stage_key(seed, "emulator", "own", kind), len(x)))
        bank = Bank(theta, x).rows(order)
        num_tested = len(x) // PART
        parts[kind] = Split(bank.rows(np.arange(num_tested, len(x))), bank.rows(np.arange(num_tested)))
    return parts


def train_own(
    seed: int, files: Mapping[str, Arrays], settings: EmulatorSettings, *, resume: Resume | None = None
) -> tuple[Emulator, pd.DataFrame]:
    """Train an emulator between two own simulators.

    Parameters
    ----------
    seed
        Integer seed.
    files
        Checked arrays of both (`settings.load_bridge`). Symmetries that they declare are used; where maps are periodic
        (roll), pairs are made after the best shift.
    settings
        Of the training; how many validate follows from the files.
    resume
        Where the training keeps its state.

    Returns
    -------
    tuple
        Emulator of maps as they are on file, and learning curves.
    """
    parts = split(seed, files)
    banks = parts[CHEAP].learned, parts[EXPENSIVE].learned
    declared = set(map(str, np.ravel(files[CHEAP].get("symmetries", [])).tolist()))
    pairs = dataclasses.replace(
        settings.flow.pairs,
        pairing="aligned" if ROLL in declared else "optimal",
        num_validation=min(len(bank.x) for bank in banks) // PART,
        symmetries=tuple(name for name in SYMMETRIES if name in declared),
    )
    key = stage_key(seed, "emulator", "own", "train")
    return train_emulator(key, settings.network, banks, dataclasses.replace(settings.flow, pairs=pairs), resume=resume)


def emulate(seed: int, files: Mapping[str, Arrays], emulator: Emulator) -> Emulated:
    """Carry all cheap simulations to the expensive simulator, and compare those that were not trained on.

    Raises
    ------
    ValueError
        Where an emulated map is not finite, with its parameters.
    """
    tested = {kind: one.tested for kind, one in split(seed, files).items()}
    cheap = tested[CHEAP]
    kinds = {CHEAP: cheap.x, "emulated": emulator.carry(cheap)}
    everything = Bank(files[CHEAP]["theta"], files[CHEAP]["x"])
    maps = require_finite(emulator.carry(everything), everything.theta, "emulated, own simulations", seed)
    return Emulated(maps, compare_unpaired(kinds, tested[EXPENSIVE].x), emulator.step_error(cheap))


def simulations_of(files: Mapping[str, Arrays], maps: np.ndarray) -> xr.Dataset:
    """Return emulated maps as a file of simulations (`settings.user_simulations`), with what is known of the prior."""
    cheap = files[CHEAP]
    variables = {"theta": (("simulation", "parameter"), cheap["theta"]), "x": (("simulation", "row", "column"), maps)}
    for name in (*PRIOR_ARRAYS, *DECLARED):
        if name in cheap:
            values = np.atleast_1d(cheap[name])
            values = values.astype(str) if values.dtype.kind in "SU" else values
            is_of_each = name.startswith(OF_EACH)
            variables[name] = (("simulation", "parameter")[: values.ndim] if is_of_each else f"entry_{name}", values)
    return xr.Dataset(variables, coords={"parameter": [str(name) for name in cheap["parameter_names"]]})
