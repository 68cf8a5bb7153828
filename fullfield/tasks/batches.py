"""Many simulations at constant memory: in chunks, over all devices, the same whatever the chunks and devices are."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec

from fullfield.tasks.task import Task, joint_score, simulate_one
from fullfield.types import Array, Float, Int, RandomKey

CPU_MEMORY = 2**20
"""Bytes that simulations made at the same time may take on a CPU: what stays in the cache is fastest."""
ACCELERATOR_MEMORY = 2**31
CHUNK_MEMORY = 2**28
"""Bytes of the simulations that `simulate_chunks` yields at a time."""
WORKING_COPIES = 8
"""Arrays of the size of one simulation that are alive while it is made and differentiated."""


class Simulations(NamedTuple):
    """Simulations in the order of their index."""

    theta: Float[Array, "n p"]
    x: Float[Array, "n ..."]
    score: Float[Array, "n p"] | None
    latents: Float[Array, "n ..."] | None
    num_invalid: Int[Array, " n"]
    """What makes each simulation invalid, counted (non-positive modes, ...); zero for a valid one."""


def simulate(
    key: RandomKey,
    task: Task,
    num_simulations: int,
    *,
    theta: Float[Array, "n p"] | None = None,
    score: bool = False,
    latents: bool = False,
    memory: int | None = None,
) -> Simulations:
    """Draw (theta, x) from the joint distribution, or x at given parameters.

    Simulation i depends on ``fold_in(key, i)`` alone: bit for bit where simulations are made one after another, as maps
    are on a CPU; up to rounding where several are made at once.

    Parameters
    ----------
    key
        A typed key.
    task
        The generative model.
    num_simulations
        n.
    theta
        (n, p) parameters; drawn from the prior if None.
    score
        Whether to return grad_theta log p(x, z | theta), z held fixed.
    latents
        Whether to return z.
    memory
        Bytes that simulations made at the same time may take on a device, or a default for the kind of device.

    Returns
    -------
    Simulations
        Arrays with leading axis n, all in memory: `simulate_chunks` is for more.

    Raises
    ------
    ValueError
        Where theta does not have shape (n, p).
    """
    chunks = simulate_chunks(key, task, num_simulations, theta=theta, score=score, latents=latents, memory=memory)
    return jax.tree.map(lambda *parts: jnp.asarray(np.concatenate(parts)), *chunks)


def simulate_chunks(
    key: RandomKey,
    task: Task,
    num_simulations: int,
    *,
    start: int = 0,
    theta: Float[Array, "n p"] | None = None,
    score: bool = False,
    latents: bool = False,
    memory: int | None = None,
) -> Iterator[Simulations]:
    """Yield simulations `start` to n - 1 of `simulate` in chunks of constant memory, shared among all devices.

    Whoever has kept the first k simulations goes on with ``start=k``: simulations are the same wherever a chunk begins.

    Parameters
    ----------
    key, task, num_simulations, theta, score, latents, memory
        As in `simulate`.
    start
        Index of the first simulation.

    Yields
    ------
    Simulations
        Consecutive simulations, on the host.

    Raises
    ------
    ValueError
        Where theta does not have shape (n, p), or `start` is not between 0 and n.
    """
    if theta is not None and theta.shape != (num_simulations, task.num_parameters):
        raise ValueError(f"theta has shape {theta.shape}; ({num_simulations}, {task.num_parameters}) is needed")
    if not 0 <= start <= num_simulations:
        raise ValueError(f"start is {start}; it must lie between 0 and {num_simulations}")
    return _chunks(key, task, num_simulations, start, theta, score, latents, memory)


def _chunks(key, task, num_simulations, start, theta, score, latents, memory) -> Iterator[Simulations]:
    size = _bytes_of_one(task)
    num_devices = jax.device_count()
    chunk = min(max(1, CHUNK_MEMORY // (size * num_devices)) * num_devices, _ceil(num_simulations, num_devices))
    batch_size = _batch_size(size, chunk // num_devices, memory)
    advance = _program(task, score, latents, batch_size)
    for first in range(start, num_simulations, chunk):
        index = np.minimum(first + np.arange(chunk), num_simulations - 1)
        points = None if theta is None else jnp.asarray(theta)[index]
        made = advance(key, (jnp.asarray(index), points))
        yield jax.tree.map(lambda leaf, first=first: np.asarray(leaf)[: num_simulations - first], made)


def _program(task: Task, score: bool, latents: bool, batch_size: int | None) -> Callable[..., Simulations]:
    """Return the jitted (key, (index, theta or None)) -> simulations, of constants of the task alone."""

    def one(key, pair):
        index, point = pair
        values = simulate_one(jax.random.fold_in(key, index), task, point)
        gradient = joint_score(task, values["theta"], values.get("z"), values["x"]) if score else None
        kept = values.get("z") if latents else None
        return Simulations(values["theta"], values["x"], gradient, kept, values["num_invalid"])

    mesh, share = Mesh(np.array(jax.devices()), ("simulation",)), PartitionSpec("simulation")
    return jax.jit(
        jax.shard_map(
            lambda key, pairs: jax.lax.map(lambda pair: one(key, pair), pairs, batch_size=batch_size),
            mesh=mesh,
            in_specs=(PartitionSpec(), share),
            out_specs=share,
            check_vma=False,
        )
    )


def _bytes_of_one(task: Task) -> int:
    """Return the bytes of theta, latents and data of one simulation."""
    made = jax.eval_shape(lambda key: simulate_one(key, task), jax.random.key(0))
    return sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(made))


def _batch_size(size: int, most: int, memory: int | None) -> int | None:
    """Return how many simulations a device makes at the same time; None makes them one after another."""
    default = CPU_MEMORY if jax.default_backend() == "cpu" else ACCELERATOR_MEMORY
    batch_size = min(most, (default if memory is None else memory) // (WORKING_COPIES * size))
    return batch_size if batch_size > 1 else None


def _ceil(number: int, divisor: int) -> int:
    return -(-number // divisor) * divisor
