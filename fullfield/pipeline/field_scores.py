"""Scores of the joint density near the most probable field: a summary without weights.

Fisher's identity says that the score of the marginal likelihood, the locally sufficient statistic (Alsing & Wandelt
2018, arXiv 1712.00012), is the posterior mean of the joint score over the latents. Here the mean is replaced by a few
points on the way to the most probable latents; what that replacement is off by depends smoothly on the parameters and
on these numbers themselves, and a network learns it.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from fullfield.pipeline.gaussian_estimate import GaussianEstimate
from fullfield.tasks import Task
from fullfield.tasks.task import unconstrained_log_density
from fullfield.types import Array, Float

NUM_GRADIENTS = 4
"""Gradients of the joint density for one set of maps and one point in parameter space."""
STEP = 0.6
"""Step in the whitened latents, whose curvature is 1 where the map is Gaussian and a few in its peaks."""
MAX_MOVE = 0.4
"""Longest step, root mean square over the latents; theirs is 1 a priori."""


def field_scores(task: Task, num_points: int = 1) -> Callable[[Array, GaussianEstimate], Array]:
    r"""Return (x, estimate) -> (u, arcsinh(L^-1 s_0), ..., arcsinh(L^-1 s_3), ln |g_0|^2, ..., ln |g_3|^2).

    .. math:: s_k = \partial_u \log p(u, w_k, x), \quad g_k = \partial_w \log p(u, w_k, x), \quad
              w_{k+1} = w_k + \min(0.6, 0.4 \sqrt{n} / |g_k|) g_k, \quad w_0 = 0,

    at the Gaussian-field estimate u of the maps, with w the task's own whitened latents and L L^T the precision of that
    estimate. A further point goes on from the last w, and from u moved by L^-T arcsinh(L^-1 s_3): a Newton step with
    the curvature of the estimate, shortened where it is long. Where that leaves the
    domain of the model, the first point's numbers stand in its place.

    Parameters
    ----------
    task
        A task with latents.
    num_points
        Points in parameter space, one after another.

    Returns
    -------
    Callable
        Function of the data and of the estimate of its parameters, of length p + 4 (p + 1) for every point.
    """

    def features(x: Array, start: GaussianEstimate) -> Float[Array, " f"]:
        gradients = jax.grad(unconstrained_log_density(task, x), (0, 1))
        factor = jnp.linalg.cholesky(start.precision)

        def step(carried, _):
            u, w = carried
            score, slope = gradients(u, w)
            squared = jnp.sum(slope**2)
            move = slope * jnp.minimum(STEP, MAX_MOVE * jnp.sqrt(slope.size / squared))
            whitened = jnp.arcsinh(jax.scipy.linalg.solve_triangular(factor, score, lower=True))
            return (u, w + move), (whitened, squared)

        def point(carried, _):
            (u, w), (scores, squared) = jax.lax.scan(step, carried, length=NUM_GRADIENTS)
            further = u + jax.scipy.linalg.solve_triangular(factor.T, scores[-1], lower=False)
            return (further, w), jnp.concatenate([u, scores.ravel(), jnp.log(squared)])

        made = jax.lax.scan(point, (start.u, jnp.zeros(task.latent_shape)), length=num_points)[1]
        # A further point may lie outside of the model's domain: it adds nothing then.
        return jnp.where(jnp.isfinite(made).all(1, keepdims=True), made, made[0]).ravel()

    return features
