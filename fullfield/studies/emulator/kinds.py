"""Kinds of maps that stand in for expensive ones, and the trainings behind those that are learned."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.emulator import Bank, FlowSettings, PairSettings, VelocityField
from fullfield.emulator.emulator import Emulator, noise_bank, train_emulator
from fullfield.emulator.transfer import fit_transfer
from fullfield.keys import stage_key
from fullfield.pipeline.source import in_chunks
from fullfield.resume import Resume
from fullfield.studies.emulator.inference import Observations, observations
from fullfield.studies.emulator.maps import INFERENCE, PAIRED, TRAINING, bank_of, require_finite
from fullfield.studies.emulator.settings import CHEAP, EXPENSIVE, SHARES
from fullfield.symmetries import SYMMETRIES
from fullfield.train import FitSettings

TRANSFER, EMULATED, GENERATED = "transfer", "emulated", "generated"


class Fit(NamedTuple):
    """How a training differs from that of `EMULATED`."""

    from_noise: bool = False
    """Whether maps are generated from white noise, without a cheap simulation."""
    share: float = 1.0
    """Of the expensive simulations."""
    changes: Mapping[str, Any] = {}
    """Of `PairSettings`."""
    maps: str = TRAINING
    """Set that it learns from."""


FITS: dict[str, Fit] = {
    **{name: Fit(share=share) for name, share in SHARES.items()},
    GENERATED: Fit(from_noise=True),
    "aligned": Fit(changes={"pairing": "aligned"}),
    "independent": Fit(changes={"pairing": "independent"}),
    "beta_0": Fit(changes={"pairing": "optimal", "beta": 0.0}),
    "beta_1": Fit(changes={"pairing": "optimal", "beta": 1.0}),
    "beta_30": Fit(changes={"pairing": "optimal", "beta": 30.0}),
    "beta_1000": Fit(changes={"pairing": "optimal", "beta": 1000.0}),
    "batch_32": Fit(changes={"batch_size": 32}),
    "batch_128": Fit(changes={"batch_size": 128}),
    "oracle": Fit(changes={"pairing": "oracle"}, maps=INFERENCE),
}
"""By name; those from ``aligned`` on are controls, which differ from the first in one thing, but ``oracle``: it takes
other maps, those with the same initial conditions."""


@dataclasses.dataclass(frozen=True)
class EmulatorSettings:
    """Budget of a training.

    Attributes
    ----------
    network, flow
        Of the velocity, and of its training.
    """

    network: VelocityField
    flow: FlowSettings

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "EmulatorSettings":
        """Return what the block ``flow`` of the configuration says."""
        network = VelocityField(budget["num_channels"], budget["num_blocks"], budget["patch"])
        names = ("pairing", "batch_size", "beta", "num_validation")
        pairs = PairSettings(**{name: budget[name] for name in names}, symmetries=SYMMETRIES)
        return cls(network, FlowSettings(FitSettings.from_budget(budget), pairs, budget["num_ode_steps"]))

    def of(self, fit: Fit) -> "EmulatorSettings":
        """Return the settings of a training that differs; of fewer simulations, as large a share validates."""
        num_validation = round(fit.share * self.flow.pairs.num_validation)
        pairs = dataclasses.replace(self.flow.pairs, **{"num_validation": num_validation, **fit.changes})
        return dataclasses.replace(self, flow=dataclasses.replace(self.flow, pairs=pairs))


def train(
    name: str,
    seed: int,
    maps: Mapping[str, xr.Dataset],
    settings: EmulatorSettings,
    *,
    resume: Resume | None = None,
) -> tuple[Emulator, pd.DataFrame]:
    """Train one of `FITS` on maps of both simulators.

    Parameters
    ----------
    name
        Key of `FITS`.
    seed
        Integer seed.
    maps
        By simulator.
    settings
        Of `EMULATED`.
    resume
        Where the training keeps its state.

    Returns
    -------
    tuple
        Emulator of logarithms of 1 + delta, and learning curves.
    """
    fit = FITS[name]
    cheap, expensive = (bank_of(maps[simulator], fit.maps) for simulator in (CHEAP, EXPENSIVE))
    num = round(fit.share * len(expensive.x))
    cheap, expensive = cheap.rows(np.arange(num)), expensive.rows(np.arange(num))
    fit_key, noise_key = jax.random.split(stage_key(seed, "emulator", "train", name))
    if fit.from_noise:
        cheap = noise_bank(noise_key, expensive)
    own = settings.of(fit)
    return train_emulator(fit_key, own.network, (cheap, expensive), own.flow, resume=resume)


def overdensities(
    kind: str, maps: Mapping[str, xr.Dataset], emulators: Mapping[str, Emulator], name: str, seed: int
) -> Bank:
    """Return overdensities of a kind for one purpose.

    Parameters
    ----------
    kind
        A simulator, ``transfer`` or a key of `emulators`.
    maps
        By simulator.
    emulators
        By name.
    name
        One of `maps.SETS`.
    seed
        Integer seed, of noise that maps are generated from.

    Raises
    ------
    ValueError
        Where an emulated map is not finite, with its parameters.
    """
    if kind in maps:
        bank = bank_of(maps[kind], name)
        return bank._replace(x=np.expm1(bank.x))
    cheap = bank_of(maps[CHEAP], name)
    if kind == TRANSFER:
        both = (bank_of(maps[simulator], TRAINING) for simulator in (CHEAP, EXPENSIVE))
        transfer = fit_transfer(*(bank._replace(x=np.expm1(bank.x)) for bank in both))
        rows = (np.expm1(cheap.x), cheap.theta)
        return cheap._replace(x=in_chunks(lambda rows: transfer(*rows), rows))
    if FITS[kind].from_noise:
        key = stage_key(seed, "emulator", kind, name)
        cheap = cheap._replace(x=emulators[kind].units.noise(key, cheap.x.shape))
    carried = require_finite(emulators[kind].carry(cheap), cheap.theta, f"{kind}, {name}", seed)
    density = np.exp(carried.astype(np.float64))
    density /= density.mean(axis=(1, 2), keepdims=True)
    return cheap._replace(x=(density - 1.0).astype(np.float32))


def observed_and_learned(
    kind: str, maps: Mapping[str, xr.Dataset], emulators: Mapping[str, Emulator], seed: int, noise: float
) -> tuple[Bank, Observations]:
    """Return overdensities of a kind that a posterior is learned from, and the noisy expensive maps that test it."""
    expensive = overdensities(EXPENSIVE, maps, {}, PAIRED, seed)
    return overdensities(kind, maps, emulators, INFERENCE, seed), observations(seed, expensive, noise)
