"""What an inference method is, and `METHODS`, those that have been imported, by the name that the configuration uses.

To add one, write a file in this folder with a function that returns a `Method`, decorated with `register`. The file's
name is the method's. `find` imports the file of one method alone, so that no method depends on another.
"""

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from fullfield.types import Array, ArrayLike, Float, Int


class Simulations(NamedTuple):
    """What a method learns from; the prior of u is the standard normal."""

    u: Float[ArrayLike, "simulation parameter"]
    """Parameters drawn from the prior, in coordinates in which it is a standard normal."""
    summary: Float[ArrayLike, "*own summary_row summary"]
    """Summary of the simulation of each row of u, or (seed, n, num_summaries) another summary for each seed."""
    score: Float[ArrayLike, "simulation parameter"] | None = None
    """Estimates of grad_u log p(x | u) with that mean given u and the summary; with them they are learned from, too."""
    subsets: Int[np.ndarray, "seed row"] | None = None
    """Rows that each seed knows, all of them where this is None."""
    num_padded: int = 0
    """Rows that subsets are repeated to, so that those of all sizes are learned from by one compiled program."""


@runtime_checkable
class Estimator(Protocol):
    """What a fit returns: as many independent trainings as it was given keys."""

    @property
    def num_seeds(self) -> int:
        """Number of independent trainings."""

    def select(self, seeds: slice) -> "Estimator":
        """Return the estimator of some of the seeds."""


class Draws(NamedTuple):
    """Draws from the posterior of one observation or of several."""

    values: Float[Array, "*observation seed draw parameter"]
    """Equally weighted u, or what `Method.sample` was asked to make of those of each observation."""
    convergence: pd.DataFrame | None = None
    """Of methods that sample by Markov chains: columns observation, seed, parameter, rhat, ess. None where draws are
    independent."""


class Method(NamedTuple):
    """An inference method: pure functions, and a class of settings."""

    settings: Callable[..., Any]
    """``settings(budget) -> Settings``: from the ``estimator`` block of a scale to a frozen dataclass of its own."""
    fit: Callable[..., tuple[Any, pd.DataFrame]]
    """``fit(keys, simulations, settings, *, resume=None) -> (Estimator, history)``: one training per typed key; the
    learning curves are tidy (seed, step, training, validation). `Simulations` that cannot be learned from raise
    `ValueError`, a training that diverges `train.TrainingError`; `resume` is that of `train.fit`."""
    sample: Callable[..., Draws]
    """``sample(keys, estimator, summaries, num_draws, transform=identity) -> Draws``: `num_draws` of every seed, with
    one key at one summary, or with as many keys at summaries (observation, num_summaries); the draws of an observation
    do not depend on the others. `transform` takes its u (seed, draw, parameter), for example to theta."""
    save: Callable[..., None]
    """``save(path, estimator, attrs)``: weights as safetensors, settings and `attrs` as JSON beside them."""
    load: Callable[..., Any]
    """``load(path) -> Estimator``: what `save` has written."""
    log_prob: Callable[..., Array] | None = None
    """``log_prob(estimator, u, summary) -> log q(u | summary)`` in nats, *normalised*, of the equal mixture of the
    seeds; u (..., parameter), and a summary for all or for each. None where there is no such density."""


METHODS: dict[str, Method] = {}
"""Methods by the name of their file; `find` fills it."""


def register(constructor: Callable[[], Method]) -> Callable[[], Method]:
    """Enter what a function returns in `METHODS`, under the name of the function's file."""
    METHODS[constructor.__module__.rpartition(".")[2]] = constructor()
    return constructor


def register_with_density(constructor: Callable[[], Method]) -> Callable[[], Method]:
    """Enter a method that has a normalised density, `Method.log_prob`; see `register`."""
    return register(constructor)


def find(name: str) -> Method:
    """Return a method by its name; its own file is imported and no other method's.

    Raises
    ------
    ValueError
        Where no file of that name registers a method.
    """
    module = f"{__package__}.{name}"
    if name not in METHODS and importlib.util.find_spec(module) is not None:
        importlib.import_module(module)
    if name not in METHODS:
        raise ValueError(f"inference method is {name!r}, but no file fullfield/inference/{name}.py registers one")
    return METHODS[name]
