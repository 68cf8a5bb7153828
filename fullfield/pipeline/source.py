"""What a source of simulations offers, and the one that makes them on the fly."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import bdtrc

from fullfield.compress.items import map_items
from fullfield.compress.views import Source
from fullfield.fields import Grid
from fullfield.tasks import ProductPrior, Task
from fullfield.tasks.task import simulate_one
from fullfield.types import Array, ArrayLike, RandomKey

VALIDITY_BATCH = 256
MAX_INVALID_FRACTION = 5e-3
"""The surrogate leaves a few non-positive modes at the edge of the prior (Omega_c < 0.05); more is an error."""
FALSE_ALARM = 1e-4
"""Of `require_valid`, where simulations are invalid at that rate: one of thirty is bad luck, not an error."""


class TrainingData(NamedTuple):
    """What a network is trained on."""

    source: Source
    num_simulations: int
    num_validation: int
    num_discarded: int
    """Of these, how many are invalid."""


class Compressed(NamedTuple):
    """Simulations of which a summary is kept."""

    theta: np.ndarray
    """(n, p)."""
    u: np.ndarray
    """(n, p) prior-whitened."""
    summary: np.ndarray
    """(n, num_summaries)."""
    valid: np.ndarray
    """(n,)."""


@runtime_checkable
class Problem(Protocol):
    """A source of (theta, x) pairs; parameters enter networks as u, standard normal under the prior."""

    parameter_names: tuple[str, ...]
    prior: ProductPrior
    data: Any
    """Pytree of arrays handed to `generate`."""
    features: Callable[[Array], Array] | None
    """x -> what networks see of the data; None where that is the data as a vector."""
    num_feature_gradients: int
    """Gradients of the joint density that the features of one x take."""
    has_maps: bool
    """Whether the data are maps, which convolutions may look at."""
    shape: tuple[int, ...]
    """Of one x."""

    def generate(self, index: Array, data: Any) -> tuple[Array, Array, Array]:
        """Return (u, signal, valid) of a simulation, the same whenever the index is asked for."""

    def observe(self, key: RandomKey, signal: Array) -> Array:
        """Return x: the signal with fresh noise and symmetries, or as it is where it has been observed."""

    def training(self, num_simulations: int, num_validation: int) -> TrainingData:
        """Return what a network is trained on; the numbers are those of simulations made on the fly.

        Raises
        ------
        ValueError
            Where too many of them are invalid (`require_valid`).
        """

    def compress(
        self, summarise: Callable[[Array], Array], split: str, num_simulations: int, chunk_size: int = 100
    ) -> Compressed:
        """Summarise fresh simulations, or the share of those on file that `split` names (`split_stored`)."""


def without_features(x: Array) -> Array:
    """Stand for the features of a problem that was loaded without any.

    Raises
    ------
    ValueError
        Always.
    """
    raise ValueError("a compressor of maps needs features: load the problem with one of map_features.FEATURE_SETS")


class Simulator(NamedTuple):
    """Maps made on the fly; a `Problem`."""

    task: Task
    """The generative model."""
    grid: Grid
    generate: Callable[[Array, Any], tuple[Array, Array, Array]]
    """The noiseless maps."""
    observe: Callable[[RandomKey, Array], Array]
    """Adds a symmetry and noise."""
    data: RandomKey
    features: Callable[[Array], Array] = without_features
    num_feature_gradients: int = 0
    has_maps: bool = True

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

    def training(self, num_simulations: int, num_validation: int) -> TrainingData:
        """Return what a network is trained on, once few enough are known to be invalid; see `Problem.training`."""
        index = jnp.arange(num_simulations + num_validation)
        # Only what decides on validity is computed, the compiler drops the maps.
        valid = jax.jit(lambda index, data: map_items(lambda i: self.generate(i, data)[2], index, VALIDITY_BATCH))(
            index, self.data
        )
        source = Source(self.generate, self.data, self.observe, self.features)
        return TrainingData(source, num_simulations, num_validation, require_valid(valid))

    def compress(
        self, summarise: Callable[[Array], Array], split: str, num_simulations: int, chunk_size: int = 100
    ) -> Compressed:
        """Simulate maps from the prior and summarise each chunk at once: no map is stored."""

        def one_chunk(keys):
            values = map_items(lambda key: simulate_one(key, self.task, sites=("theta", "x")), keys)
            return values["theta"], summarise(values["x"]), values["num_invalid"]

        num_chunks = -(-num_simulations // chunk_size)
        keys = jax.vmap(lambda index: jax.random.fold_in(self.data, index))(jnp.arange(num_chunks * chunk_size))
        results = jax.jit(lambda keys: jax.lax.map(one_chunk, keys))(keys.reshape(num_chunks, chunk_size))
        theta, summary, num_invalid = (
            np.asarray(value).reshape(-1, *value.shape[2:])[:num_simulations] for value in results
        )
        u = np.asarray(self.prior.to_unconstrained(jnp.asarray(theta)))
        finite = np.isfinite(np.concatenate([summary, theta, u], axis=1)).all(1)
        return Compressed(theta, u, summary, (num_invalid == 0) & finite)


def in_chunks(function: Callable[[Array], Array], x: ArrayLike, chunk_size: int = 100) -> np.ndarray:
    """Apply a function of a batch to many rows, a chunk in memory at a time."""
    apply = jax.jit(function)
    return np.concatenate([np.asarray(apply(jnp.asarray(x[i : i + chunk_size]))) for i in range(0, len(x), chunk_size)])


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
