r"""Scores of a simulation: estimates of grad_theta log p(x | theta) that may see the latents.

Each has the conditional mean E[g | theta, x] = grad_theta log p(x | theta); they differ in their variance about it.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from numpyro import handlers

from fullfield.tasks.task import Task, joint_log_density, joint_score
from fullfield.types import Array, Float

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
    size = 1
    for length in task.latent_shape:
        size *= length

    def score(theta, z, x):
        flat = z.ravel()

        def log_density(theta, flat):
            return joint_log_density(task, x)(theta, flat.reshape(task.latent_shape)) - task.prior.log_prob(theta)

        precision = _gauss_newton(task, theta, x, size)
        own, of_latents = jax.grad(log_density, argnums=(0, 1))(theta, flat)
        p = theta.size
        return own - precision[:p, p:] @ jnp.linalg.solve(precision[p:, p:], of_latents)

    return score


SCORES: dict[str, Callable[[Task], ScoreOf]] = {"joint": joint, "control_variate": control_variate}
"""Kinds of scores by name."""


def _gauss_newton(task: Task, theta: Array, x: Array, size: int) -> Float[Array, "all all"]:
    """Return F over (theta, z) at the most probable z, found by damped Gauss-Newton steps from z = 0."""
    p = theta.size

    def residual(point):
        mean, scale, latents = _parts(task, point[:p], point[p:])
        return jnp.concatenate([((x - mean) / scale).ravel(), latents.ravel()])

    def of_latents(flat):
        return residual(jnp.concatenate([theta, flat]))

    def step(_, flat):
        jacobian, value = jax.jacfwd(of_latents)(flat), of_latents(flat)
        change = -jnp.linalg.solve(jacobian.T @ jacobian, jacobian.T @ value)
        shorter = jnp.stack([0.0 * change, change / 4, change / 2, change]) + flat
        costs = jax.vmap(lambda flat: jnp.sum(of_latents(flat) ** 2))(shorter)
        return shorter[jnp.nanargmin(costs)]

    best = jax.lax.fori_loop(0, NUM_NEWTON_STEPS, step, jnp.zeros(size, theta.dtype))
    jacobian = jax.jacfwd(residual)(jnp.concatenate([theta, best]))
    return jacobian.T @ jacobian


def _parts(task: Task, theta: Array, flat: Array) -> tuple[Array, Array, Array]:
    """Return mean and standard deviation of x, and the latents in units of theirs."""
    z = flat.reshape(task.latent_shape)
    model = handlers.seed(handlers.substitute(task.model, data={"theta": theta, "z": z}), jax.random.key(0))
    trace = handlers.trace(model).get_trace()
    law, prior = (trace[name]["fn"] for name in ("x", "z"))
    latents = (z - prior.mean) / jnp.sqrt(prior.variance)
    return law.mean, jnp.sqrt(law.variance), latents
