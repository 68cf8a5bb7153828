"""Run chains of any sampler in chunks: vectorised, with a ledger of gradients, checkpoints and exact resume."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from fullfield import io
from fullfield.types import RandomKey

logger = logging.getLogger(__name__)
CHECKPOINT_INTERVAL = 60.0  # seconds
LOG_INTERVAL = 10.0  # seconds


class Chains(NamedTuple):
    """Draws of all chains after warm-up, and what every step, warm-up included, has cost."""

    draws: Any
    """What `collect` returned, each leaf (chain, draw, ...)."""
    info: Any
    """The sampler's info, each leaf (chain, warm-up + draw)."""
    num_warmup: int

    @property
    def num_gradients(self) -> int:
        """Gradients of all chains, warm-up and rejected steps included."""
        return int(np.sum(self.info.num_gradients))


class _Progress(NamedTuple):
    """Everything a checkpoint holds."""

    step: Any
    state: Any
    draws: Any
    info: Any


def run_chains(
    key: RandomKey,
    sampler: tuple[Callable[..., Any], Callable[..., Any]],
    starts: Any,
    *,
    num_warmup: int,
    num_draws: int,
    collect: Callable[[Any], Any],
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
        (init, step) with ``init(key, position) -> state``, ``step(state) -> (state, info)``; ``info.num_gradients`` is
        counted.
    starts
        Pytree of positions with a leading chain axis.
    num_warmup, num_draws
        Steps before and after the first draw that is kept, per chain.
    collect
        Function of the state: what to keep of each draw.
    chunk
        Steps in one compiled call: one log line, and one chance to checkpoint.
    checkpoint, digest
        Where to keep the state while sampling (deleted by the caller) and what it belongs to.

    Returns
    -------
    Chains
        Draws, info of every step, gradients.
    """
    init, step = sampler
    # On a CPU, chains that run one after another do not wait for each other's trees and stay in the cache.
    over_chains = jax.lax.map if jax.default_backend() == "cpu" else lambda function, state: jax.vmap(function)(state)
    num_chains = jax.tree.leaves(starts)[0].shape[0]
    total = -(-(num_warmup + num_draws) // chunk) * chunk

    @jax.jit
    def advance(state):
        def one(state, _):
            state, info = step(state)
            return state, (collect(state), info)

        return over_chains(lambda state: jax.lax.scan(one, state, None, length=chunk), state)

    state = jax.vmap(init)(jax.random.split(key, num_chains), starts)
    shapes = jax.eval_shape(advance, state)[1]
    empty = jax.tree.map(lambda leaf: np.zeros((num_chains, total, *leaf.shape[2:]), leaf.dtype), shapes)
    progress = _Progress(np.zeros((), np.int32), state, *empty)
    if checkpoint is not None and (resumed := io.load_checkpoint(checkpoint, progress, digest)) is not None:
        draws, info = jax.tree.map(np.array, (resumed.draws, resumed.info))
        progress = _Progress(np.asarray(resumed.step), resumed.state, draws, info)
        logger.info("resuming at step %d of %d", int(progress.step), total)
    started, first = time.monotonic(), int(progress.step)
    saved = logged = started
    while int(progress.step) < total:
        progress = _advance(advance, progress, chunk)
        if time.monotonic() - logged > LOG_INTERVAL or int(progress.step) == total:
            _log(progress, total, num_warmup, (time.monotonic() - started) / (int(progress.step) - first))
            logged = time.monotonic()
        if checkpoint is not None and time.monotonic() - saved > CHECKPOINT_INTERVAL:
            io.save_checkpoint(checkpoint, progress, digest)
            saved = time.monotonic()
    stop = num_warmup + num_draws
    draws = jax.tree.map(lambda leaf: leaf[:, num_warmup:stop], progress.draws)
    return Chains(draws, jax.tree.map(lambda leaf: leaf[:, :stop], progress.info), num_warmup)


def _advance(advance: Callable[..., Any], progress: _Progress, chunk: int) -> _Progress:
    state, new = advance(progress.state)
    rows = slice(int(progress.step), int(progress.step) + chunk)

    def write(stored, values):
        stored[:, rows] = np.asarray(values)
        return stored

    draws, info = (jax.tree.map(write, old, values) for old, values in zip(progress[2:], new, strict=True))
    return _Progress(progress.step + np.int32(chunk), state, draws, info)


def _log(progress: _Progress, total: int, num_warmup: int, seconds_per_step: float) -> None:
    step = int(progress.step)
    recent = jax.tree.map(lambda leaf: leaf[:, max(0, step - 25) : step].mean(), progress.info)
    logger.info(
        "%s step %d/%d  gradients per step %.1f  acceptance %.2f  step size %.3g  about %.0f s left",
        "warm-up" if step <= num_warmup else "sampling",
        step,
        total,
        recent.num_gradients,
        recent.acceptance,
        recent.step_size,
        seconds_per_step * (total - step),
    )
