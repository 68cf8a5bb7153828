"""The No-U-Turn sampler of NumPyro as a pair (init, step) over a log density.

The whole state, warm-up adaptation included, is one pytree of arrays: a chain can stop after any step and go on
bit for bit.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
from numpyro.infer.hmc import hmc

from fullfield.precision import full_precision
from fullfield.samplers.chains import Info
from fullfield.types import LogDensity, RandomKey

MASS = ("identity", "diagonal", "dense")


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
    mass
        ``identity``, or a ``diagonal`` or ``dense`` mass matrix over all coordinates, adapted.
    """

    num_warmup: int
    max_tree_depth: int = 6
    target_acceptance: float = 0.8
    mass: str = "identity"

    def __post_init__(self):
        if self.mass not in MASS:
            raise ValueError(f"mass is {self.mass!r}; allowed: {', '.join(MASS)}")


class NUTSState(NamedTuple):
    """What the next step needs."""

    chain: Any

    @property
    def position(self) -> Any:
        """Return where the chain is."""
        return self.chain.z


def nuts(
    log_density: LogDensity, settings: NUTSSettings
) -> tuple[Callable[..., NUTSState], Callable[..., tuple[NUTSState, Info]]]:
    """Return (init, step) of NUTS over ``log_density(position, data)``, position a pytree.

    ``init(key, position, data) -> state`` and ``step(state, data) -> (state, info)`` are pure and may be vectorised.
    """
    init_kernel, sample_kernel = hmc(
        potential_fn_gen=lambda data: lambda position: -log_density(position, data), algo="NUTS"
    )

    @full_precision
    def init(key: RandomKey, position: Any, data: Any = None):
        chain = init_kernel(
            position,
            settings.num_warmup,
            dense_mass=settings.mass == "dense",
            adapt_mass_matrix=settings.mass != "identity",
            target_accept_prob=settings.target_acceptance,
            max_tree_depth=settings.max_tree_depth,
            model_args=(data,),
            rng_key=key,
        )
        return NUTSState(chain)

    @full_precision
    def step(state: NUTSState, data: Any = None):
        chain = sample_kernel(state.chain, model_args=(data,))
        size = jnp.asarray(chain.adapt_state.step_size)
        return NUTSState(chain), Info(chain.num_steps, chain.accept_prob, chain.diverging, chain.energy, size)

    return init, step
