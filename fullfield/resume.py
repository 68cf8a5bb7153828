"""Long jobs that go on where they were interrupted: one loop with a checkpoint and a line in the log now and then."""

import dataclasses
import hashlib
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import safetensors.numpy

from fullfield import io

logger = logging.getLogger(__name__)
LOG_INTERVAL = 10.0  # seconds


@dataclasses.dataclass(frozen=True)
class Resume:
    """Where a job keeps its state while it runs, and what that state belongs to.

    Attributes
    ----------
    path
        File of the state, outside the outputs of the job, which removes it when these are written.
    digest
        Of settings, code and inputs; a state with another one is not used.
    interval
        Seconds between two checkpoints.
    """

    path: Path
    digest: str
    interval: float = 30.0

    @classmethod
    def of(cls, path: io.PathLike, *parts: Any) -> "Resume":
        """Return a resume whose state belongs to `parts`, as `digest` takes them."""
        return cls(Path(path), digest(*parts))

    def save(self, state: Any) -> None:
        """Write every leaf of a pytree (typed keys as key data), with the digest."""
        leaves = [np.asarray(_key_data(leaf), order="C") for leaf in jax.tree.leaves(state)]
        named = {f"{index:06d}": leaf for index, leaf in enumerate(leaves)}
        with io.atomic(self.path) as temporary:
            safetensors.numpy.save_file(named, temporary, metadata={"digest": self.digest})

    def load(self, like: Any) -> Any | None:
        """Read a state into the structure of `like`; None where there is none or it belongs to something else.

        A file that cannot be read, or whose digest, leaf count, shapes or types differ, counts as something else.
        """
        if not self.path.exists():
            return None
        leaves, structure = jax.tree.flatten(like)
        try:
            with safetensors.safe_open(self.path, framework="numpy") as file:
                stored = [file.get_tensor(name) for name in sorted(file.keys())]
                stored_digest = (file.metadata() or {}).get("digest")
        except Exception as error:  # safetensors raises its own exception types for every kind of damage
            logger.warning("checkpoint %s cannot be read (%s): starting afresh", self.path, error)
            return None
        if stored_digest != self.digest or not _same_shapes(stored, leaves):
            # It may be hours of work: who takes an edit back finds it beside the new one.
            self.path.replace(self._aside)
            logger.info(
                "checkpoint %s belongs to other settings, code or inputs: starting afresh, that one is kept as %s",
                self.path,
                self._aside.name,
            )
            return None
        return jax.tree.unflatten(structure, [_wrap_like(new, old) for new, old in zip(stored, leaves, strict=True)])

    @property
    def _aside(self) -> Path:
        return self.path.with_suffix(f".other{self.path.suffix}")

    def part(self, name: str, *parts: Any) -> "Resume":
        """Return a resume for a further loop of the same job, whose state belongs to `parts`, too."""
        path = self.path.with_suffix(f".{name}{self.path.suffix}")
        return Resume(path, digest(self.digest, *parts), self.interval)

    def remove(self) -> None:
        """Delete the state of a job that has written its outputs, and of its parts."""
        self.path.unlink(missing_ok=True)
        for path in self.path.parent.glob(f"{self.path.stem}.*{self.path.suffix}"):
            path.unlink(missing_ok=True)


@dataclasses.dataclass(frozen=True)
class Course:
    """How far a job has come, and what its log says on the way.

    Attributes
    ----------
    unit
        What is counted, in the log: ``step``.
    total
        Count at which the job is finished.
    position
        State -> count.
    describe
        State -> what a line of the log says besides the count.
    is_stopped
        State -> whether the job is finished before that count; None for a job that never is.
    """

    unit: str
    total: int
    position: Callable[[Any], int]
    describe: Callable[[Any], str] | None = None
    is_stopped: Callable[[Any], bool] | None = None

    def is_finished(self, state: Any) -> bool:
        """Return whether nothing is left to do."""
        return self.position(state) >= self.total or (self.is_stopped is not None and bool(self.is_stopped(state)))

    def log(self, state: Any, seconds_per_unit: float) -> None:
        """Write one line: count, description, time that is left."""
        position = min(self.position(state), self.total)
        left = seconds_per_unit * (self.total - position)
        logger.info(
            "%s %d/%d%s  %s",
            self.unit,
            position,
            self.total,
            f"  {self.describe(state)}" if self.describe else "",
            "finished" if self.is_finished(state) else f"{'at most' if self.is_stopped else 'about'} {left:.0f} s left",
        )


def run(state: Any, advance: Callable[[Any], Any], course: Course, resume: Resume | None = None) -> Any:
    """Advance a state until its course is finished, from its checkpoint where there is one.

    Parameters
    ----------
    state
        Where the job begins, a pytree of arrays and typed keys; all that `advance` needs to go on bit for bit.
    advance
        State -> state, a second's work or so: each call is a chance to log and to write a checkpoint.
    course
        Count, end and description.
    resume
        Checkpoint, written at its interval and at the end and removed by the caller; None for none.

    Returns
    -------
    pytree
        The state at the end.
    """
    if resume is not None and (stored := resume.load(state)) is not None:
        state = stored
        logger.info("resuming at %s %d of %d", course.unit, course.position(state), course.total)
    started = saved = logged = time.monotonic()
    first, finished = course.position(state), course.is_finished(state)
    while not finished:
        state = advance(state)
        finished = course.is_finished(state)
        if finished or time.monotonic() - logged > LOG_INTERVAL:
            course.log(state, (time.monotonic() - started) / (course.position(state) - first))
            logged = time.monotonic()
        if resume is not None and (finished or time.monotonic() - saved > resume.interval):
            resume.save(state)
            saved = time.monotonic()
    return state


def digest(*parts: Any) -> str:
    """Return a hash of settings, code hashes and file contents.

    `pathlib.Path` entries are read, those of weights (`io.save_params`) with the settings beside them.
    """
    state = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            beside = [part.with_suffix(".json")] if part.suffix == ".safetensors" else []
            for path in (part, *beside):
                state.update(path.read_bytes())
        else:
            state.update(json.dumps(part, sort_keys=True, default=str).encode())
    return state.hexdigest()


def _same_shapes(stored: list[np.ndarray], leaves: list[Any]) -> bool:
    return len(stored) == len(leaves) and all(
        new.shape == np.shape(_key_data(old)) and new.dtype == np.asarray(_key_data(old)).dtype
        for new, old in zip(stored, leaves, strict=True)
    )


def _is_key(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _key_data(leaf: Any) -> Any:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _wrap_like(new: np.ndarray, old: Any) -> jax.Array | np.ndarray:
    if isinstance(old, np.ndarray):
        return new
    return jax.random.wrap_key_data(jnp.asarray(new)) if _is_key(old) else jnp.asarray(new)
