r"""Split Hamiltonian Monte Carlo: the Gaussian part of the motion is an exact rotation, only the rest is kicked.

In coordinates q in which the target is close to N(0, I), the Hamiltonian is split as

.. math:: H = \left[ |q|^2 / 2 + |p|^2 / 2 \right] + \Delta U(q), \quad \Delta U = -\log \pi(q) - |q|^2 / 2.

A step kicks the momentum by half a step of the force of Delta U, rotates (q, p) by the step size, exactly the motion
under the bracket, and kicks again: it is reversible, preserves volume, and errs only where the target is not Gaussian,
in any number of dimensions (Shahbaba et al. 2014, arXiv 1106.5941; Beskos et al. 2011, SPA 121, 2201).
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fullfield.samplers.adaptation import StepSizeAdaptation, StepSizeState
from fullfield.samplers.chains import Info
from fullfield.types import Array, Float, Int, LogDensity, RandomKey

MAX_ENERGY_ERROR = 1000.0
"""A trajectory with a larger energy error counts as divergent, as in Stan."""
JITTER = 0.5
"""Trajectory lengths are uniform within this fraction of their mean, so that no coordinate comes back to its start."""


@dataclasses.dataclass(frozen=True)
class SplitHMCSettings:
    """Settings of split HMC.

    Attributes
    ----------
    num_warmup
        Steps that adapt the step size.
    target_acceptance
        Acceptance that dual averaging aims at.
    mean_length
        Mean angle of a trajectory: at pi/2 a Gaussian coordinate has forgotten where it was. Longer ones serve the
        slow coordinates, in which the target is wider than it should be.
    max_gradients
        Most gradients of one trajectory, which is cut short where the step size asks for more; in the warm-up, above
        all, before dual averaging has found a step size.
    step_scale
        Factor on the adapted step size after the warm-up; 1/2 tests whether the step size matters.
    """

    num_warmup: int
    target_acceptance: float = 0.8
    mean_length: float = 0.65 * math.pi
    max_gradients: int = 30
    step_scale: float = 1.0


class SplitHMCState(NamedTuple):
    """What the next step needs."""

    key: RandomKey
    position: Any
    potential: Float[Array, ""]
    gradient: Any
    """Gradient of the potential, -log density."""
    step_size: StepSizeState


class Moving(NamedTuple):
    """A point of a trajectory."""

    position: Any
    momentum: Any
    potential: Float[Array, ""]
    gradient: Any


def trajectory(
    potential_and_gradient: Callable[[Any], tuple[Array, Any]], start: Moving, angle: Array, num_leaps: Int[Array, ""]
) -> Moving:
    """Return the end of a trajectory: half a kick by -grad (U - |q|^2 / 2), an exact rotation, half a kick, repeated.

    It preserves volume and is reversible: from the end, with the momentum flipped, it leads to the start, flipped.
    """

    def kick(momentum, position, gradient):
        return jax.tree.map(lambda p, q, g: p - angle / 2 * (g - q), momentum, position, gradient)

    def leap(_, moving):
        position, momentum, _, gradient = moving
        momentum = kick(momentum, position, gradient)
        position, momentum = _rotate(position, momentum, angle)
        potential, gradient = potential_and_gradient(position)
        return Moving(position, kick(momentum, position, gradient), potential, gradient)

    return jax.lax.fori_loop(0, num_leaps, leap, start)


def split_hmc(
    log_density: LogDensity, settings: SplitHMCSettings
) -> tuple[Callable[..., SplitHMCState], Callable[..., tuple[SplitHMCState, Info]]]:
    """Return (init, step) of split HMC over ``log_density(position, data)``, position a pytree close to white noise.

    ``init(key, position, data) -> state`` and ``step(state, data) -> (state, info)`` are pure and may be vectorised.
    A step costs as many gradients as it takes kicks between rotations, `info.num_gradients`; `info.energy` is H at its
    start.
    """
    adaptation = StepSizeAdaptation(settings.num_warmup, settings.target_acceptance)

    def potential_and_gradient(position, data):
        return jax.value_and_grad(lambda position: -log_density(position, data))(position)

    def init(key, position, data=None):
        return SplitHMCState(key, position, *potential_and_gradient(position, data), adaptation.init())

    def step(state, data=None):
        key, momentum_key, length_key, accept_key = jax.random.split(state.key, 4)
        momentum = _white_noise(momentum_key, state.position)
        length = settings.mean_length * jax.random.uniform(length_key, minval=1.0 - JITTER, maxval=1.0 + JITTER)
        warming = state.step_size.step < settings.num_warmup
        largest = adaptation.size(state.step_size) * jnp.where(warming, 1.0, settings.step_scale)
        num_leaps = jnp.clip(jnp.ceil(length / largest), 1, settings.max_gradients).astype(jnp.int32)
        angle = jnp.minimum(length / num_leaps, largest)
        start = Moving(state.position, momentum, state.potential, state.gradient)
        position, last_momentum, potential, gradient = trajectory(
            lambda position: potential_and_gradient(position, data), start, angle, num_leaps
        )
        # Potentials of a field are large and nearly equal: their difference first.
        error = (potential - state.potential) + (_kinetic(last_momentum) - _kinetic(momentum))
        error = jnp.where(jnp.isfinite(error), error, jnp.inf)
        acceptance = jnp.exp(-jnp.maximum(error, 0.0))
        accepted = jax.random.uniform(accept_key) < acceptance
        end = jax.tree.map(
            lambda new, old: jnp.where(accepted, new, old),
            (position, potential, gradient),
            (state.position, state.potential, state.gradient),
        )
        info = Info(
            num_gradients=num_leaps,
            acceptance=acceptance,
            diverging=error > MAX_ENERGY_ERROR,
            energy=state.potential + _kinetic(momentum),
            step_size=angle,
        )
        return SplitHMCState(key, *end, adaptation.update(state.step_size, acceptance)), info

    return init, step


def _white_noise(key: RandomKey, like: Any) -> Any:
    leaves, structure = jax.tree.flatten(like)
    keys = jax.random.split(key, len(leaves))
    noise = [jax.random.normal(key, leaf.shape, leaf.dtype) for key, leaf in zip(keys, leaves, strict=True)]
    return jax.tree.unflatten(structure, noise)


def _rotate(position: Any, momentum: Any, angle: Array) -> tuple[Any, Any]:
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    turned = jax.tree.map(lambda q, p: cos * q + sin * p, position, momentum)
    return turned, jax.tree.map(lambda q, p: cos * p - sin * q, position, momentum)


def _kinetic(momentum: Any) -> Array:
    return sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(momentum)) / 2
