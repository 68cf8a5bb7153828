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
from fullfield.studies.emulator.settings import CHEAP, EXPENSIVE
from fullfield.studies.emulator.statistics import compare_unpaired
from fullfield.symmetries import ROLL, SYMMETRIES

PART = 8
"""One of so many points is held out for the comparison; of the other simulations one of so many validates."""
NUM_STEP_MAPS = 64
"""That the error of the steps is measured on."""

Arrays = Mapping[str, np.ndarray]


class Split(NamedTuple):
    """Simulations of one simulator, in an order of chance of their points."""

    learned: Bank
    tested: Bank
    """At points that no training has seen."""


class Emulated(NamedTuple):
    """What an emulator makes of the cheap simulations."""

    maps: np.ndarray
    """(n, N, N), in the order of the file."""
    statistics: pd.DataFrame
    """As in `statistics.compare_unpaired`, of simulations that were not trained on."""
    step_error: float
    """`Transport.step_error` of these."""


def split(seed: int, files: Mapping[str, Arrays]) -> dict[str, Split]:
    """Return simulations of both simulators to learn from, and others, at other points, to test on.

    A point that is in both files is on the same side of both.

    Raises
    ------
    ValueError
        Where a file has too few different points.
    """
    theta = np.concatenate([files[kind]["theta"] for kind in (CHEAP, EXPENSIVE)])
    points, point_of = np.unique(theta, axis=0, return_inverse=True)
    owners = np.split(point_of.ravel(), [len(files[CHEAP]["theta"])])
    order = np.asarray(jax.random.permutation(stage_key(seed, "emulator", "own", "points"), len(points)))
    # Of the points that one file has alone, and of those of both, each a share.
    has = np.stack([np.isin(np.arange(len(points)), own) for own in owners])
    is_tested = np.zeros(len(points), bool)
    for group in np.unique(has, axis=1).T:
        own = order[(has == group[:, None]).all(axis=0)[order]]
        is_tested[own[: len(own) // PART]] = True
    parts = {}
    for kind, own, mine in zip((CHEAP, EXPENSIVE), owners, has, strict=True):
        if mine.sum() < 2 * PART:
            raise ValueError(f"the {kind} simulations are at {mine.sum()} points; at least {2 * PART} are needed")
        rows = np.argsort(np.argsort(order)[own], kind="stable")
        bank, held = Bank(files[kind]["theta"], files[kind]["x"]), is_tested[own[rows]]
        parts[kind] = Split(bank.rows(rows[~held]), bank.rows(rows[held]))
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
    maps = emulator.carry(everything)
    if len(failed := np.flatnonzero(~np.isfinite(maps).all(axis=(1, 2)))):
        raise ValueError(
            f"{len(failed)} of {len(maps)} emulated maps are not finite; the first is of row {failed[0]} of the cheap"
            f" file, at parameters {everything.theta[failed[0]].tolist()}: flow.learning_rate may be too large"
        )
    few = cheap.rows(np.arange(min(NUM_STEP_MAPS, len(cheap.x))))
    return Emulated(maps, compare_unpaired(kinds, tested[EXPENSIVE].x), emulator.step_error(few))


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
