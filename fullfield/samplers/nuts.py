"""The No-U-Turn sampler of NumPyro as a pair (init, step) over a log density.

The whole state, warm-up adaptation included, is one pytree of arrays: a chain can stop after any step and go on
bit for bit.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
from numpyro.infer.hmc import hmc

from fullfield.types import Array, LogDensity, RandomKey


@dataclasses.dataclass(frozen=True)
class NUTSSettings:
    """Settings of NUTS (Hoffman & Gelman 2014).

    Attributes
    ----------
    num_warmup
        Steps that adapt step size and mass matrix.
    max_tree_depth
        At most 2^depth - 1 leapfrog steps, so many gradients, per draw.
    target_acceptance
        Acceptance that dual averaging aims at.
    adapt_mass
        Whether to adapt a dense mass matrix over all coordinates; otherwise it is the identity.
    """

    num_warmup: int
    max_tree_depth: int = 6
    target_acceptance: float = 0.8
    adapt_mass: bool = False


class Info(NamedTuple):
    """What the analyst needs of one step."""

    num_gradients: Array
    acceptance: Array
    diverging: Array
    energy: Array
    step_size: Array


def nuts(log_density: LogDensity, settings: NUTSSettings) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return (init, step) of NUTS over ``log_density(position)``, position a dictionary of arrays.

    ``init(key, position) -> state`` and ``step(state) -> (state, info)`` are pure and may be vectorised over chains;
    the position is ``state.z``.
    """
    init_kernel, sample_kernel = hmc(potential_fn=lambda position: -log_density(**position), algo="NUTS")

    def init(key: RandomKey, position: dict[str, Array]):
        return init_kernel(
            position,
            settings.num_warmup,
            dense_mass=settings.adapt_mass,
            adapt_mass_matrix=settings.adapt_mass,
            target_accept_prob=settings.target_acceptance,
            max_tree_depth=settings.max_tree_depth,
            rng_key=key,
        )

    def step(state):
        state = sample_kernel(state)
        size = state.adapt_state.step_size
        info = Info(state.num_steps, state.accept_prob, state.diverging, state.energy, jnp.asarray(size))
        return state, info

    return init, step
