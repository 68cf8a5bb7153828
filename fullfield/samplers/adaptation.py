"""The step size of a chain, found by dual averaging during the warm-up and fixed after it."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from numpyro.infer.hmc_util import dual_averaging

from fullfield.types import Array, Float, Int

_start, _update = dual_averaging()


class StepSizeState(NamedTuple):
    """How far dual averaging has come."""

    step: Int[Array, ""]
    averaging: Any


@dataclasses.dataclass(frozen=True)
class StepSizeAdaptation:
    """Dual averaging of log(step size) towards a mean acceptance (Hoffman & Gelman 2014, section 3.2).

    Attributes
    ----------
    num_warmup
        Steps that adapt; later ones use the averaged step size.
    target_acceptance
        Acceptance aimed at.
    first
        Step size of the first step.
    """

    num_warmup: int
    target_acceptance: float
    first: float = 0.2

    def init(self) -> StepSizeState:
        """Return the state before the first step."""
        first = jnp.log(jnp.float32(self.first))
        # Steps shrink towards ten times the first one, as there: too large ones show themselves at once.
        _, _, *rest, _ = _start()
        return StepSizeState(jnp.zeros((), jnp.int32), (first, first, *rest, first + jnp.log(10.0)))

    def size(self, state: StepSizeState) -> Float[Array, ""]:
        """Return the step size of the coming step."""
        latest, averaged = state.averaging[:2]
        return jnp.exp(jnp.where(state.step < self.num_warmup, latest, averaged))

    def update(self, state: StepSizeState, acceptance: Float[Array, ""]) -> StepSizeState:
        """Return the state after a step with this acceptance probability."""
        new = _update(self.target_acceptance - acceptance, state.averaging)
        warming = state.step < self.num_warmup
        averaging = jax.tree.map(lambda new, old: jnp.where(warming, new, old), new, state.averaging)
        return StepSizeState(state.step + 1, averaging)
