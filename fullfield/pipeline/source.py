"""What a source of simulations offers, and the one that makes them from counted seeds."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import bdtrc

from fullfield.compress.views import Source
from fullfield.fields import Grid
from fullfield.keys import stage_key
from fullfield.tasks import ProductPrior, Task
from fullfield.types import Array, ArrayLike, RandomKey

MAX_INVALID_FRACTION = 5e-3
"""The surrogate leaves a few non-positive modes at the edge of the prior (Omega_c < 0.05); more is an error."""
FALSE_ALARM = 1e-4
"""Of `require_valid`, where simulations are invalid at that rate: one of thirty is bad luck, not an error."""


@runtime_checkable
class Problem(Protocol):
    """A source of (theta, x) pairs; parameters enter networks as u, standard normal under the prior."""

    parameter_names: tuple[str, ...]
    prior: ProductPrior
    data: Any
    """Pytree of arrays handed to `generate`."""
    features: Callable[[Array], Array] | None
    """x -> what networks see of the data; None where that is the data as a vector."""
    channels: Callable[[Array], Array] | None
    """x -> what convolutions see of the data; None where these are no maps with all symmetries."""
    num_feature_gradients: int
    """Gradients of the joint density that the features of one x take."""
    shape: tuple[int, ...]
    """Of one x."""

    def generate(self, index: Array, data: Any) -> tuple[Array, Array, Array]:
        """Return (u, signal, valid) of a simulation, the same whenever the index is asked for."""

    def observe(self, key: RandomKey, signal: Array) -> Array:
        """Return x: the signal with fresh noise and symmetries, or as it is where it has been observed."""

    def of_split(self, seed: int, split: str) -> Source:
        """Return the simulations of a split by their index in it."""


class Simulator(NamedTuple):
    """Maps made from counted seeds whenever they are needed; a `Problem`."""

    task: Task
    """The generative model."""
    grid: Grid
    generate: Callable[[Array, Any], tuple[Array, Array, Array]]
    """The noiseless maps."""
    observe: Callable[[RandomKey, Array], Array]
    """Adds a symmetry and noise."""
    data: RandomKey
    features: Callable[[Array], Array] | None = None
    channels: Callable[[Array], Array] | None = None
    num_feature_gradients: int = 0

    def of_split(self, seed: int, split: str) -> Source:
        """Return the simulations of a split; those of different splits are independent."""
        return Source(self.generate, stage_key(seed, "simulate", split), self.observe)

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of one x."""
        return jax.eval_shape(lambda data: self.generate(0, data)[1], self.data).shape

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.task.parameter_names

    @property
    def prior(self) -> ProductPrior:
        """The prior of the task."""
        return self.task.prior


def in_chunks(function: Callable[..., Array], x: Any, chunk_size: int = 100, fixed: Any = ()) -> np.ndarray:
    """Apply a function of a batch to many rows of an array, or of several, a chunk in memory at a time.

    The function takes what is `fixed`, the same for all rows, as its further arguments.
    """
    apply, num_rows = jax.jit(function), len(jax.tree.leaves(x)[0])
    chunks = [slice(start, start + chunk_size) for start in range(0, num_rows, chunk_size)]

    def part(rows):
        return jax.tree.map(lambda leaf: jnp.asarray(leaf[rows]), x)

    return np.concatenate([np.asarray(apply(part(rows), *fixed)) for rows in chunks])


def require_valid(valid: ArrayLike) -> int:
    """Return how many simulations are invalid, if few are.

    Raises
    ------
    ValueError
        Where more than five in a thousand are, by more than chance would have it.
    """
    invalid = int(np.sum(~np.asarray(valid, bool)))
    # P(so many or more); none is never too many.
    if invalid and bdtrc(invalid - 1, np.size(valid), MAX_INVALID_FRACTION) < FALSE_ALARM:
        raise ValueError(
            f"{invalid} of {np.size(valid)} simulations are invalid (non-positive modes or non-finite values);"
            f" at most {MAX_INVALID_FRACTION:.1%} may be"
        )
    return invalid
