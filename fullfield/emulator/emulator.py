"""A trained emulator, in the units of its simulations, and the file that it is kept in."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield import io
from fullfield.emulator.flow_matching import FlowSettings, fit_transport
from fullfield.emulator.networks import VelocityField
from fullfield.emulator.pairing import Bank
from fullfield.emulator.transport import Transport
from fullfield.resume import Resume
from fullfield.types import Array, ArrayLike, Float, Params, RandomKey

CHUNK = 64
"""Maps that `Emulator.carry` moves together."""


@dataclasses.dataclass(frozen=True)
class Units:
    """What simulations and parameters are divided by, so that a network sees numbers of order one.

    Both simulators have the same, those of the second: a map that both agree on stays where it is.
    """

    x_mean: float
    x_scale: float
    theta_mean: tuple[float, ...]
    theta_scale: tuple[float, ...]

    @classmethod
    def of(cls, bank: Bank) -> "Units":
        """Return means and standard deviations of a bank.

        Raises
        ------
        ValueError
            Where a parameter, or every pixel, has the same value everywhere.
        """
        scales = bank.theta.std(axis=0), bank.x.std()
        if not (np.min(scales[0]) > 0 and scales[1] > 0):
            raise ValueError("an emulator needs simulations at different parameters, and maps that are not constant")
        mean = [float(value) for value in bank.theta.mean(axis=0)]
        return cls(float(bank.x.mean()), float(scales[1]), tuple(mean), tuple(float(value) for value in scales[0]))

    def parameters(self, theta: Float[ArrayLike, "... p"]) -> Array:
        """Return parameters of order one."""
        return (jnp.asarray(theta) - jnp.asarray(self.theta_mean)) / jnp.asarray(self.theta_scale)

    def noise(self, key: RandomKey, shape: tuple[int, ...]) -> Float[np.ndarray, "..."]:
        """Return white noise with the mean and scale of the maps."""
        return np.asarray(self.x_mean + self.x_scale * jax.random.normal(key, shape), np.float32)

    def bank(self, bank: Bank) -> Bank:
        """Return a bank of order one."""
        x = ((bank.x - self.x_mean) / self.x_scale).astype(np.float32)
        return Bank(np.asarray(self.parameters(bank.theta), np.float32), x)


@dataclasses.dataclass(frozen=True)
class Emulator:
    """Maps of one simulator from those of another.

    Attributes
    ----------
    network
        Of the velocity.
    params
        Its weights.
    units
        Of maps and parameters.
    num_ode_steps
        Of the map between them.
    """

    network: VelocityField
    params: Params
    units: Units
    num_ode_steps: int

    @property
    def transport(self) -> Transport:
        """Return the map between simulations of order one."""
        return Transport(self.network.apply, self.params, self.num_ode_steps)

    def __call__(self, x: Float[Array, "batch n n"], theta: Float[Array, "batch p"]) -> Float[Array, "batch n n"]:
        """Return emulated maps; differentiable in both arguments."""
        units = self.units
        moved = self.transport((x - units.x_mean) / units.x_scale, units.parameters(theta))
        return units.x_mean + units.x_scale * moved

    def one(self, x: Float[Array, "n n"], theta: Float[Array, " p"]) -> Float[Array, "n n"]:
        """Return one emulated map, as models of one simulation ask for it."""
        return self(x[None], theta[None])[0]

    def carry(self, bank: Bank) -> Float[np.ndarray, "simulation n n"]:
        """Return emulated maps of many simulations, some in memory at a time."""
        move, made = jax.jit(self.__call__), []
        for start in range(0, len(bank.x), CHUNK):
            rows = np.minimum(start + np.arange(CHUNK), len(bank.x) - 1)
            moved = move(jnp.asarray(bank.x[rows]), jnp.asarray(bank.theta[rows]))
            made.append(np.asarray(moved)[: len(bank.x) - start])
        return np.concatenate(made)

    def step_error(self, bank: Bank) -> float:
        """Return `Transport.step_error` of simulations."""
        x, theta = (jnp.asarray(part) for part in reversed(self.units.bank(bank)))
        return float(jax.jit(self.transport.step_error)(x, theta))


def train_emulator(
    key: RandomKey,
    network: VelocityField,
    banks: tuple[Bank, Bank],
    settings: FlowSettings,
    *,
    resume: Resume | None = None,
) -> tuple[Emulator, pd.DataFrame]:
    """Learn maps of the second simulator from those of the first, as `fit_transport` does, in the units of the second.

    Parameters
    ----------
    key
        A typed key.
    network
        Of the velocity.
    banks
        Cheap and expensive simulations, unpaired, in any units.
    settings
        Budget.
    resume
        As in `train.fit`.

    Returns
    -------
    tuple
        Emulator and learning curves.

    Raises
    ------
    ValueError
        As in `fit_transport`.
    """
    units = Units.of(banks[1])
    cheap, expensive = (units.bank(bank) for bank in banks)
    transport, history = fit_transport(key, network, (cheap, expensive), settings, resume=resume)
    return Emulator(network, transport.params, units, settings.num_ode_steps), history


def noise_bank(key: RandomKey, like: Bank) -> Bank:
    """Return white noise with the mean and scale of simulations, at their parameters: what a generator starts from."""
    return like._replace(x=Units.of(like).noise(key, like.x.shape))


def save_emulator(path: io.PathLike, emulator: Emulator, attrs: Mapping[str, Any]) -> None:
    """Write the weights as safetensors, everything else as JSON beside them."""
    arguments = {
        "network": dataclasses.asdict(emulator.network),
        "units": dataclasses.asdict(emulator.units),
        "num_ode_steps": emulator.num_ode_steps,
        "num_weights": sum(leaf.size for leaf in jax.tree.leaves(emulator.params)),
    }
    io.save_params(path, emulator.params, {**arguments, **attrs})


def load_emulator(path: io.PathLike) -> Emulator:
    """Read an emulator written by `save_emulator`."""
    params, settings = io.load_params(path)
    units = {name: tuple(value) if isinstance(value, list) else value for name, value in settings["units"].items()}
    return Emulator(VelocityField(**settings["network"]), params, Units(**units), settings["num_ode_steps"])
