"""Run chains of any sampler in chunks: vectorised, with a ledger of gradients, checkpoints and exact resume."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from fullfield import io
from fullfield.types import Array, RandomKey

logger = logging.getLogger(__name__)
CHECKPOINT_INTERVAL = 60.0  # seconds
LOG_INTERVAL = 10.0  # seconds
SUMMARY_INTERVAL = 25  # steps


class Info(NamedTuple):
    """What the analyst needs of one step, of whatever sampler."""

    num_gradients: Array
    acceptance: Array
    diverging: Array
    energy: Array
    step_size: Array


class Moments(NamedTuple):
    """Mean and variance of something over states of a chain, in float64."""

    count: np.ndarray
    mean: Any
    variance: Any

    @classmethod
    def zeros(cls, like: Any) -> "Moments":
        """Return the moments of nothing."""
        zeros = jax.tree.map(lambda leaf: np.zeros(leaf.shape), like)
        return cls(np.zeros((), np.int64), zeros, jax.tree.map(np.copy, zeros))

    def add(self, values: Any) -> "Moments":
        """Return the moments with one more state (Welford)."""
        count = self.count + 1
        delta = jax.tree.map(lambda new, mean: np.asarray(new, np.float64) - mean, values, self.mean)
        mean = jax.tree.map(lambda mean, delta: mean + delta / count, self.mean, delta)
        variance = jax.tree.map(
            lambda variance, delta: variance + (delta**2 * self.count / count - variance) / count, self.variance, delta
        )
        return Moments(count, mean, variance)


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
    data: Any = None,
    *,
    num_warmup: int,
    num_draws: int,
    collect: Callable[[Any, Any], Any],
    summarise: Callable[[Any, Any], Any] | None = None,
    chunk: int = 25,
    checkpoint: str | Path | None = None,
    digest: str = "",
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
    data
        Pytree of what the log density is conditioned on, with a leading chain axis: chains of several observations run
        together, and one compiled program serves them all.
    num_warmup, num_draws
        Steps before and after the first draw that is kept, per chain.
    collect
        Function of (position, data): what to keep of each draw.
    summarise
        Function of (position, data) that is too large to keep: its mean and variance over every 25th state after the
        warm-up are returned; chunks must divide 25.
    chunk
        Steps in one compiled call: one log line, and one chance to checkpoint.
    checkpoint, digest
        Where to keep the state while sampling (deleted by the caller) and what it belongs to.

    Returns
    -------
    Chains
        Draws, info of every step, gradients.

    Raises
    ------
    ValueError
        Where there is something to summarise and the chunk does not divide 25, or no 25th state follows the warm-up.
    """
    stop = num_warmup + num_draws
    num_summaries = stop // SUMMARY_INTERVAL - num_warmup // SUMMARY_INTERVAL
    if summarise and (SUMMARY_INTERVAL % chunk or not num_summaries):
        raise ValueError(
            f"chunks of {chunk} steps and {num_draws} draws after {num_warmup} leave nothing to summarise: the chunk"
            f" must divide {SUMMARY_INTERVAL}, and a multiple of {SUMMARY_INTERVAL} must lie after the warm-up"
        )
    programs = _compile(sampler, collect, summarise, chunk)
    progress = _start(key, programs, starts, data, -(-stop // chunk) * chunk)
    if checkpoint is not None and (resumed := io.load_checkpoint(checkpoint, progress, digest)) is not None:
        progress = resumed
        logger.info("resuming at step %d of %d", int(progress.step), stop)
    started, first = time.monotonic(), int(progress.step)
    saved = logged = started
    while progress.step < stop:
        progress = _advance(programs.advance, progress, data, chunk)
        if programs.measure and num_warmup < progress.step <= stop and progress.step % SUMMARY_INTERVAL == 0:
            progress = progress._replace(moments=progress.moments.add(programs.measure(progress.state, data)))
        if time.monotonic() - logged > LOG_INTERVAL or progress.step >= stop:
            _log(progress, stop, num_warmup, (time.monotonic() - started) / (int(progress.step) - first))
            logged = time.monotonic()
        if checkpoint is not None and time.monotonic() - saved > CHECKPOINT_INTERVAL:
            io.save_checkpoint(checkpoint, progress, digest)
            saved = time.monotonic()
    draws = jax.tree.map(lambda leaf: leaf[:, num_warmup:stop], progress.draws)
    return Chains(draws, jax.tree.map(lambda leaf: leaf[:, :stop], progress.info), num_warmup, progress.moments)


class _Programs(NamedTuple):
    """Compiled functions of all chains."""

    init: Callable[..., Any]
    advance: Callable[..., Any]
    measure: Callable[..., Any] | None


def _compile(sampler: tuple, collect: Callable, summarise: Callable | None, chunk: int) -> _Programs:
    init, step = sampler

    def advance(state, data):
        def move(state, _):
            state, info = step(state, data)
            return state, (collect(state.position, data), info)

        return jax.lax.scan(move, state, None, length=chunk)

    measure = summarise and jax.jit(_over_chains(lambda state, data: summarise(state.position, data)))
    return _Programs(jax.jit(_over_chains(init)), jax.jit(_over_chains(advance)), measure)


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


def _log(progress: _Progress, stop: int, num_warmup: int, seconds_per_step: float) -> None:
    step = min(int(progress.step), stop)
    recent = jax.tree.map(lambda leaf: leaf[:, max(0, step - 25) : step].mean(), progress.info)
    logger.info(
        "%s step %d/%d  gradients per step %.1f  acceptance %.2f  step size %.3g  about %.0f s left",
        "warm-up" if step <= num_warmup else "sampling",
        step,
        stop,
        recent.num_gradients,
        recent.acceptance,
        recent.step_size,
        seconds_per_step * (stop - step),
    )
