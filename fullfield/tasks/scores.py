r"""Scores of a simulation: estimates of grad_theta log p(x | theta) that may see the latents.

Each has the conditional mean E[g | theta, x] = grad_theta log p(x | theta); they differ in their variance about it.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import scipy.stats

from fullfield.tasks.gauss_newton import EVALUATIONS_PER_STEP, minimise, precision, residual
from fullfield.tasks.task import Task, data_shape, joint_log_density, joint_score
from fullfield.types import Array, ArrayLike, Float

ScoreOf = Callable[[Array, Array, Array], Array]
"""(theta, z, x) -> g, (p,)."""

NUM_NEWTON_STEPS = 6
LOG2_POINTS = 5
"""Of the number of latents that a marginal score is a mean over."""
MAX_LATENTS = 2 ** (LOG2_POINTS - 1)
"""So many pairs of points have as many independent directions."""
IMPLAUSIBLE = 1e-6
"""Share of simulations whose latents are declared not found though they were."""


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


def whitened(task: Task) -> ScoreOf:
    r"""Return the score with the task's whitened latents w held fixed instead of z.

    .. math:: \nabla_\theta \big[ \log p(x, z(\theta, w; x) \mid \theta) + \log |\det \partial z / \partial w| \big]

    It is the gradient of the density of (w, x), so it has the same conditional mean. Where the posterior of w is the
    same white noise whatever theta and x are, as for a linear Gaussian field, nothing is left of the variance.

    Raises
    ------
    ValueError
        Where the task has no coordinates of its own.
    """
    if task.coordinates is None or task.whiten is None:
        raise ValueError(f"task {task.name} has no whitened latents")

    def score(theta, z, x):
        w = task.whiten(x)(theta, z)

        def log_density(theta):
            latents, log_det, shared = task.coordinates(x)(theta, w)
            return joint_log_density(task, x)(theta, latents, **shared) - task.prior.log_prob(theta) + log_det

        return jax.grad(log_density)(theta)

    return score


def marginal(task: Task) -> ScoreOf:
    r"""Return the score itself: the mean over latents drawn again, about the most probable ones, with weights.

    .. math:: \sum_k w_k \nabla_\theta \log p(x, z_k \mid \theta), \quad w_k \propto p(x, z_k \mid \theta) / q(z_k),
        \quad q = N(\hat z, F_{zz}^{-1})

    at fixed, evenly spread z_k, as control variates of which little noise is left; exact for a linear-Gaussian model.
    Of a task without latents it is the joint score.
    """
    if task.latent_shape is None:
        return joint(task)
    averaged = quadrature(task)
    return lambda theta, _z, x: averaged(theta, x)[0]


def quadrature(task: Task) -> Callable[[Array, Array], tuple[Float[Array, " p"], Float[Array, ""]]]:
    r"""Return (theta, x) -> what `marginal` says, and how far to trust it: (sum w_k)^2 / (K sum w_k^2) of its weights.

    One where the latents have a normal law given theta and x; near 1 / K where their most probable values were not
    found, or there are several. Zero where the best latents leave larger residuals than one simulation in a million
    would: what was found is a lesser peak. More than `MAX_LATENTS` latents raise `ValueError`.
    """
    size, reduced = math.prod(task.latent_shape), control_variate(task)
    if size > MAX_LATENTS:
        raise ValueError(f"task {task.name} has {size} latents; marginal scores are for {MAX_LATENTS} at most")
    white = jnp.asarray(_normal_points(size), jnp.float32)
    # Least squares over the latents leave a chi-square of as many degrees of freedom as there are data.
    largest = scipy.stats.chi2.isf(IMPLAUSIBLE, math.prod(data_shape(task)))

    def averaged(theta, x):
        def of_latents(flat):
            return residual(task, x, theta, flat)

        best = minimise(of_latents, jnp.zeros(size, theta.dtype), NUM_NEWTON_STEPS)
        root = jnp.linalg.cholesky(precision(of_latents, best))

        def one(white):
            z = (best + jax.scipy.linalg.solve_triangular(root.T, white)).reshape(task.latent_shape)
            return reduced(theta, z, x), joint_log_density(task, x)(theta, z) + jnp.sum(white**2) / 2

        scores, log_weights = jax.vmap(one)(white)
        weights = jax.nn.softmax(log_weights)
        trust = 1.0 / (len(weights) * jnp.sum(weights**2))
        return weights @ scores, jnp.where(jnp.sum(of_latents(best) ** 2) < largest, trust, 0.0)

    return averaged


def _normal_points(size: int) -> np.ndarray:
    """Return evenly spread points, in opposite pairs, with the first three moments of the standard normal law."""
    half = scipy.stats.norm.ppf(scipy.stats.qmc.Sobol(size, seed=0).random_base2(LOG2_POINTS - 1))
    root = np.linalg.cholesky(half.T @ half / len(half))
    half = np.linalg.solve(root, half.T).T
    return np.concatenate([half, -half])


NUM_GRADIENTS = {
    "joint": 1,
    "control_variate": 2 + NUM_NEWTON_STEPS * EVALUATIONS_PER_STEP,
    "whitened": 1,
    "marginal": 2 + NUM_NEWTON_STEPS * EVALUATIONS_PER_STEP + 2 * 2**LOG2_POINTS,
}
"""Gradients of the joint density, or evaluations of its residuals, that a score of each kind takes."""

SCORES: dict[str, Callable[[Task], ScoreOf]] = {
    "joint": joint,
    "control_variate": control_variate,
    "whitened": whitened,
    "marginal": marginal,
}
"""Kinds of scores by name."""


def noise_fraction(score: Float[ArrayLike, "row p"], exact: Float[ArrayLike, "row p"]) -> float:
    """Return E||g - E[g | theta, x]||^2 / E||g||^2 of scores beside exact ones of the same simulations."""
    score, exact = np.asarray(score, np.float64), np.asarray(exact, np.float64)
    return float(np.sum((score - exact) ** 2) / np.sum(score**2))
