"""The Metropolis-adjusted microcanonical sampler of blackjax as a pair (init, step) over a log density."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from blackjax.mcmc import adjusted_mclmc_dynamic

from fullfield.precision import full_precision
from fullfield.samplers.adaptation import StepSizeAdaptation, StepSizeState
from fullfield.samplers.chains import Info
from fullfield.types import LogDensity, RandomKey

GRADIENTS_PER_LEAP = 2
"""Of the minimal-norm (McLachlan) integrator."""


@dataclasses.dataclass(frozen=True)
class MAMSSettings:
    """Settings of MAMS (Robnik et al. 2025, arXiv 2503.01707).

    Attributes
    ----------
    num_warmup
        Steps that adapt the step size.
    target_acceptance
        Acceptance that dual averaging aims at.
    mean_length
        Mean length of a trajectory in units of sqrt(dimension): it moves with unit speed, and crosses a standard
        normal of that dimension in pi/2 of these.
    max_leaps
        Most integrator steps of a trajectory, on average.
    """

    num_warmup: int
    target_acceptance: float = 0.9
    mean_length: float = math.pi / 2
    max_leaps: int = 20


class MAMSState(NamedTuple):
    """What the next step needs."""

    key: RandomKey
    chain: Any
    step_size: StepSizeState

    @property
    def position(self) -> Any:
        """Return where the chain is."""
        return self.chain.position


def mams(
    log_density: LogDensity, settings: MAMSSettings
) -> tuple[Callable[..., MAMSState], Callable[..., tuple[MAMSState, Info]]]:
    """Return (init, step) of MAMS over ``log_density(position, data)``, position a pytree close to white noise.

    As `split_hmc`; the number of leaps of a trajectory is uniform between 1 and twice its mean less 1, `info.energy` is
    -log density.
    """
    adaptation = StepSizeAdaptation(settings.num_warmup, settings.target_acceptance)
    kernel = adjusted_mclmc_dynamic.build_kernel(
        adjusted_mclmc_dynamic.make_random_trajectory_length_fn(random_trajectory_length=True)
    )

    def init(key, position, data=None):
        key, length_key = jax.random.split(key)
        chain = adjusted_mclmc_dynamic.init(position, lambda position: log_density(position, data), length_key)
        return MAMSState(key, chain, adaptation.init())

    @full_precision
    def step(state, data=None):
        key, step_key = jax.random.split(state.key)
        size = adaptation.size(state.step_size)
        scale = jnp.sqrt(jnp.float32(sum(leaf.size for leaf in jax.tree.leaves(state.position))))
        mean_leaps = jnp.clip(settings.mean_length / size, 1.0, settings.max_leaps)
        chain, taken = kernel(
            step_key,
            state.chain,
            lambda position: log_density(position, data),
            size * scale,
            integration_steps_params=(mean_leaps,),
        )
        info = Info(
            num_gradients=GRADIENTS_PER_LEAP * taken.num_integration_steps,
            acceptance=taken.acceptance_rate,
            diverging=taken.is_divergent,
            energy=taken.energy,
            step_size=size,
        )
        return MAMSState(key, chain, adaptation.update(state.step_size, taken.acceptance_rate)), info

    return init, step
