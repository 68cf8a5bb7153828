r"""Scores of a simulation: estimates of grad_theta log p(x | theta) that may see the latents.

Each has the conditional mean E[g | theta, x] = grad_theta log p(x | theta); they differ in their variance about it.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp

from fullfield.tasks.gauss_newton import minimise, precision, residual
from fullfield.tasks.task import Task, joint_log_density, joint_score
from fullfield.types import Array

ScoreOf = Callable[[Array, Array, Array], Array]
"""(theta, z, x) -> g, (p,)."""

NUM_NEWTON_STEPS = 6


def joint(task: Task) -> ScoreOf:
    """Return grad_theta log p(x, z | theta) with z held fixed (Brehmer et al. 2020, arXiv:1805.12244)."""
    return lambda theta, z, x: joint_score(task, theta, z, x)


def control_variate(task: Task) -> ScoreOf:
    r"""Return the joint score less its linear prediction from the score of the latents.

    .. math:: g + B \, \nabla_z \log p(x, z \mid \theta), \quad B = -F_{\theta z} F_{zz}^{-1}

    E[grad_z log p(x, z | theta) | theta, x] = 0 for unbounded z, so any B(theta, x) leaves the mean as it is. F is the
    Gauss-Newton approximation of -Hessian log p(x, z | theta) at the most probable z, which depends on theta and x
    alone: a B that saw the simulation's own z would need its divergence, too. For a linear-Gaussian model nothing is
    left of the variance.

    Parameters
    ----------
    task
        With unbounded latents, few of them, and an x that is normal given theta and z.

    Raises
    ------
    ValueError
        Where the task has no latents.
    """
    if task.latent_shape is None:
        raise ValueError(f"task {task.name} has no latents: its joint score is the score, without noise")
    size = math.prod(task.latent_shape)

    def score(theta, z, x):
        flat = z.ravel()

        def log_density(theta, flat):
            return joint_log_density(task, x)(theta, flat.reshape(task.latent_shape)) - task.prior.log_prob(theta)

        own, of_latents = jax.grad(log_density, argnums=(0, 1))(theta, flat)
        p = theta.size
        best = minimise(lambda flat: residual(task, x, theta, flat), jnp.zeros(size, theta.dtype), NUM_NEWTON_STEPS)
        of_both = precision(lambda point: residual(task, x, point[:p], point[p:]), jnp.concatenate([theta, best]))
        return own - of_both[:p, p:] @ jnp.linalg.solve(of_both[p:, p:], of_latents)

    return score


SCORES: dict[str, Callable[[Task], ScoreOf]] = {"joint": joint, "control_variate": control_variate}
"""Kinds of scores by name."""
