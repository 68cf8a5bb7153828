"""Run chains of any sampler in chunks: vectorised, with a ledger of gradients, checkpoints and exact resume."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from fullfield.compilation import jit_once
from fullfield.resume import Course, Resume, run
from fullfield.samplers.moments import Moments
from fullfield.types import Array, RandomKey

SUMMARY_INTERVAL = 25  # steps


@dataclasses.dataclass(frozen=True)
class ChainSettings:
    """Budget of a set of chains.

    Attributes
    ----------
    num_chains
        Independent chains of each observation.
    num_warmup, num_draws
        Steps of each chain before and after the first draw that counts.
    """

    num_chains: int
    num_warmup: int
    num_draws: int

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "ChainSettings":
        """Return the settings that a block of the configuration holds beside others."""
        return cls(budget["num_chains"], budget["num_warmup"], budget["num_draws"])


@dataclasses.dataclass(frozen=True)
class Plan:
    """How many steps every chain takes, and what is kept of them.

    Attributes
    ----------
    num_warmup, num_draws
        Steps before and after the first draw that is kept.
    collect
        Function of (position, data): what to keep of each draw.
    summarise
        Function of (position, data) that is too large to keep: its mean and variance over every 25th state after the
        warm-up are returned; chunks must divide 25.
    chunk
        Steps in one compiled call: one chance to log and to write a checkpoint.

    Raises
    ------
    ValueError
        Where there is something to summarise and the chunk does not divide 25, or no 25th state follows the warm-up.
    """

    num_warmup: int
    num_draws: int
    collect: Callable[[Any, Any], Any]
    summarise: Callable[[Any, Any], Any] | None = None
    chunk: int = 25

    def __post_init__(self):
        num_summaries = self.num_steps // SUMMARY_INTERVAL - self.num_warmup // SUMMARY_INTERVAL
        if self.summarise and (SUMMARY_INTERVAL % self.chunk or not num_summaries):
            raise ValueError(
                f"chunks of {self.chunk} steps and {self.num_draws} draws after {self.num_warmup} leave nothing to"
                f" summarise: the chunk must divide {SUMMARY_INTERVAL}, and a multiple of {SUMMARY_INTERVAL} must lie"
                " after the warm-up"
            )

    @property
    def num_steps(self) -> int:
        """Steps of each chain, warm-up included."""
        return self.num_warmup + self.num_draws

    def summarises(self, step: int) -> bool:
        """Return whether the state after so many steps is one that is summarised."""
        after = self.num_warmup < step <= self.num_steps and step % SUMMARY_INTERVAL == 0
        return self.summarise is not None and after


class Info(NamedTuple):
    """What the analyst needs of one step, of whatever sampler."""

    num_gradients: Array
    acceptance: Array
    diverging: Array
    energy: Array
    step_size: Array


class Chains(NamedTuple):
    """Draws of all chains after warm-up, and what every step, warm-up included, has cost."""

    draws: Any
    """What `collect` returned, each leaf (chain, draw, ...)."""
    info: Info
    """The sampler's info, each leaf (chain, warm-up + draw)."""
    num_warmup: int
    moments: Moments | None = None
    """Mean and variance of what `summarise` returned, each leaf (chain, ...)."""

    @property
    def num_gradients(self) -> int:
        """Gradients of all chains: one at each start, those of the warm-up, those of rejected steps."""
        return int(np.sum(self.gradients_spent()[:, -1]))

    def gradients_spent(self) -> np.ndarray:
        """Return (chain, warm-up + draw) gradients spent by each chain up to each step."""
        return 1 + np.cumsum(np.asarray(self.info.num_gradients, np.int64), axis=1)


class _Progress(NamedTuple):
    """Everything a checkpoint holds."""

    step: Any
    state: Any
    draws: Any
    info: Any
    moments: Any


def run_chains(
    key: RandomKey,
    sampler: tuple[Callable[..., Any], Callable[..., Any]],
    starts: Any,
    plan: Plan,
    *,
    data: Any = None,
    resume: Resume | None = None,
) -> Chains:
    """Advance several chains together.

    Parameters
    ----------
    key
        A typed key; each chain gets its own.
    sampler
        (init, step) with ``init(key, position, data) -> state`` and ``step(state, data) -> (state, info)``;
        ``state.position`` is where the chain is, ``info.num_gradients`` is counted.
    starts
        Pytree of positions with a leading chain axis.
    plan
        Steps, and what is kept of them.
    data
        Pytree of what the log density is conditioned on, with a leading chain axis: chains of several observations run
        together, and one compiled program serves them all.
    resume
        Where to keep the state while sampling.

    Returns
    -------
    Chains
        Draws, info of every step, gradients.
    """
    programs = _compile(sampler, plan)
    stop, warmup = plan.num_steps, plan.num_warmup

    def advance(progress: _Progress) -> _Progress:
        progress = _advance(programs.advance, progress, data, plan.chunk)
        if plan.summarises(int(progress.step)):
            progress = progress._replace(moments=progress.moments.add(programs.measure(progress.state, data)))
        return progress

    progress = _start(key, programs, starts, data, -(-stop // plan.chunk) * plan.chunk)
    course = Course(
        "step", stop, position=lambda progress: int(progress.step), describe=lambda progress: _describe(progress, plan)
    )
    progress = run(progress, advance, course, resume)
    draws = jax.tree.map(lambda leaf: leaf[:, warmup:stop], progress.draws)
    return Chains(draws, jax.tree.map(lambda leaf: leaf[:, :stop], progress.info), warmup, progress.moments)


class _Programs(NamedTuple):
    """Compiled functions of all chains."""

    init: Callable[..., Any]
    advance: Callable[..., Any]
    measure: Callable[..., Any] | None


def _compile(sampler: tuple, plan: Plan) -> _Programs:
    init, step = sampler

    def advance(state, data):
        def move(state, _):
            state, info = step(state, data)
            return state, (plan.collect(state.position, data), info)

        return jax.lax.scan(move, state, None, length=plan.chunk)

    measure = plan.summarise and jit_once(_over_chains(lambda state, data: plan.summarise(state.position, data)))
    return _Programs(jit_once(_over_chains(init)), jax.jit(_over_chains(advance)), measure)


def _over_chains(function: Callable[..., Any]) -> Callable[..., Any]:
    # On a CPU, chains that run one after another do not wait for each other's trees and stay in the cache.
    if jax.default_backend() == "cpu":
        return lambda *arguments: jax.lax.map(lambda one: function(*one), arguments)
    return jax.vmap(function)


def _start(key: RandomKey, programs: _Programs, starts: Any, data: Any, length: int) -> _Progress:
    num_chains = len(jax.tree.leaves(starts)[0])
    state = programs.init(jax.random.split(key, num_chains), starts, data)
    shapes = jax.eval_shape(programs.advance, state, data)[1]
    empty = jax.tree.map(lambda leaf: np.zeros((num_chains, length, *leaf.shape[2:]), leaf.dtype), shapes)
    moments = programs.measure and Moments.zeros(jax.eval_shape(programs.measure, state, data))
    return _Progress(np.zeros((), np.int32), state, *empty, moments)


def _advance(advance: Callable[..., Any], progress: _Progress, data: Any, chunk: int) -> _Progress:
    state, new = advance(progress.state, data)
    rows = slice(int(progress.step), int(progress.step) + chunk)

    def write(stored, values):
        stored[:, rows] = np.asarray(values)
        return stored

    draws, info = jax.tree.map(write, (progress.draws, progress.info), new)
    return _Progress(progress.step + np.int32(chunk), state, draws, info, progress.moments)


def _describe(progress: _Progress, plan: Plan) -> str:
    step = min(int(progress.step), plan.num_steps)
    recent = jax.tree.map(lambda leaf: leaf[:, max(0, step - 25) : step].mean(), progress.info)
    phase = "warm-up" if step <= plan.num_warmup else "sampling"
    return (
        f"{phase}  gradients per step {recent.num_gradients:.1f}  acceptance {recent.acceptance:.2f}"
        f"  step size {recent.step_size:.3g}"
    )
