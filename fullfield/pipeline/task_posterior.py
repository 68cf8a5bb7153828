"""Reference posteriors of small tasks: exact where a formula exists, else by importance sampling about modes."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fullfield import tasks
from fullfield.metrics.thinning import distinct
from fullfield.samplers.importance import Weighted, sample_about
from fullfield.tasks.gauss_newton import EVALUATIONS_PER_STEP, minimise, precision, residual
from fullfield.tasks.task import Task, unconstrained_log_density
from fullfield.types import Array, ArrayLike, Float, RandomKey

NUM_STARTS = 100
"""Draws of the prior from which modes are looked for."""
NUM_STEPS = 25
MAX_DEFICIT = 20.0
"""Nats that a mode may lie below the highest one."""
SAME_MODE = 0.5
"""Mahalanobis distance within which two ends of a search are one mode."""
MAX_MODES = 8
ROUND = 4
"""Proposed in a round for each draw that is asked for."""
MAX_ROUNDS = 20
MIN_EFFICIENCY = 0.02
"""Effective draws per proposed one below which modes are missed, or are no hills."""


class TaskPosterior(NamedTuple):
    """Independent draws from the posterior of a task at one observation."""

    theta: Float[np.ndarray, "draw p"]
    num_evaluations: int
    """Of the joint density, its residuals or their Jacobian; none where the draws are exact."""
    num_modes: int
    efficiency: float
    """Effective draws per proposed one; 1 where the draws are exact."""


def posterior_sampler(task: Task, num_draws: int) -> Callable[[RandomKey, ArrayLike], TaskPosterior]:
    r"""Return (key, x) -> distinct, independent draws of theta given x; latents are drawn, too, and left out.

    Modes of p(u, z | x), u normal under the prior, are the ends of Gauss-Newton searches that start at draws of the
    prior; draws from Student laws about them are accepted in proportion to their importance weights.

    Parameters
    ----------
    task
        With a `posterior` of its own, or an x that is normal given theta and z.
    num_draws
        Draws at each observation.

    Returns
    -------
    Callable
        It raises `ValueError` where too few draws are effective; its programs are compiled once.
    """
    if task.posterior is not None:
        return lambda key, x: TaskPosterior(distinct(np.asarray(task.posterior(key, x, num_draws))), 0, 1, 1.0)
    search = jax.jit(functools.partial(_search, task))
    propose = jax.jit(functools.partial(_propose, task, ROUND * num_draws))

    def sample(key: RandomKey, x: ArrayLike) -> TaskPosterior:
        search_key, draw_key, accept_key = jax.random.split(key, 3)
        modes, precisions = _distinct_modes(*map(np.asarray, search(search_key, x)))
        rounds = []
        while len(rounds) < MAX_ROUNDS:
            own = jax.random.fold_in(draw_key, len(rounds))
            rounds.append(jax.tree.map(np.asarray, propose(own, x, modes, precisions)))
            weighted = Weighted(*map(np.concatenate, zip(*rounds, strict=True)))
            rows = weighted.accepted(np.random.default_rng(np.asarray(jax.random.key_data(accept_key))))
            if len(rows) >= num_draws:
                break
        efficiency = weighted.ess / len(weighted.draws)
        if efficiency < MIN_EFFICIENCY or len(rows) < num_draws:
            raise ValueError(
                f"of {len(weighted.draws)} draws about {len(modes)} modes {weighted.ess:.0f} are effective and"
                f" {len(rows)} were accepted; {num_draws} are needed, and an efficiency of {MIN_EFFICIENCY:g}: the"
                f" posterior of task {task.name} at this observation is no sum of hills"
            )
        theta = np.asarray(task.prior.to_constrained(jnp.asarray(rows[:num_draws, : task.num_parameters])))
        num_searched = NUM_STARTS * (NUM_STEPS * EVALUATIONS_PER_STEP + 1)
        return TaskPosterior(theta, num_searched + len(weighted.draws), len(modes), efficiency)

    return sample


def sampler_of(name: str, num_draws: int) -> tuple[Task, Callable[[RandomKey, ArrayLike], TaskPosterior]]:
    """Return a task of the registry, and `posterior_sampler` of it."""
    task = tasks.make(name)
    return task, posterior_sampler(task, num_draws)


def _search(task: Task, key: RandomKey, x: Array) -> tuple[Array, Array, Array]:
    """Return the ends of all searches, the precisions there, and -log densities up to a constant."""
    size = 0 if task.latent_shape is None else int(np.prod(task.latent_shape))

    def of_point(point):
        u, flat = point[: task.num_parameters], point[task.num_parameters :]
        return jnp.concatenate([residual(task, x, task.prior.to_constrained(u), flat), u])

    def one(start):
        point = minimise(of_point, start, NUM_STEPS)
        return point, precision(of_point, point), jnp.sum(of_point(point) ** 2) / 2

    return jax.vmap(one)(jax.random.normal(key, (NUM_STARTS, task.num_parameters + size)))


def _propose(
    task: Task, num_draws: int, key: RandomKey, x: Array, modes: Array, precisions: Array
) -> tuple[Array, Array]:
    joint = unconstrained_log_density(task, x, whitened=False)

    def log_density(point):
        u, flat = point[: task.num_parameters], point[task.num_parameters :]
        return joint(u, None if task.latent_shape is None else flat.reshape(task.latent_shape))

    return sample_about(key, log_density, modes, precisions, num_draws)


def _distinct_modes(
    points: Float[np.ndarray, "start point"],
    precisions: Float[np.ndarray, "start point point"],
    costs: Float[np.ndarray, " start"],
) -> tuple[Float[np.ndarray, "mode point"], Float[np.ndarray, "mode point point"]]:
    """Return distinct modes, the highest first, and the precision at each."""
    found: list[int] = []
    for index in np.argsort(costs):
        if found and not costs[index] < costs[found[0]] + MAX_DEFICIT:
            break
        steps = points[index] - points[found]
        if (np.einsum("mi,mij,mj->m", steps, precisions[found], steps) > SAME_MODE**2).all() and len(found) < MAX_MODES:
            found.append(int(index))
    return points[found], precisions[found]
