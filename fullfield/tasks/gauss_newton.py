"""Most probable points of tasks whose data are normal given parameters and latents, by Gauss-Newton steps."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from numpyro import handlers

from fullfield.tasks.task import Task
from fullfield.types import Array, Float

Residual = Callable[[Float[Array, " point"]], Float[Array, " residual"]]
"""Point -> residuals in units of their standard deviation: -log density is half their square, scales apart."""
DAMPINGS = (1 / 8, 1 / 4, 1 / 2, 1.0)
"""Shares of a full step that are tried."""


EVALUATIONS_PER_STEP = 2 + len(DAMPINGS)
"""Of the residuals in one step: a Jacobian, taken for one, the point itself and what is tried."""


def residual(
    task: Task, x: Array, theta: Float[Array, " p"], flat: Float[Array, " latent"]
) -> Float[Array, " residual"]:
    """Return the residuals of the data and of the latents."""
    latents = {} if task.latent_shape is None else {"z": flat.reshape(task.latent_shape)}
    model = handlers.seed(handlers.substitute(task.model, data={"theta": theta, **latents}), jax.random.key(0))
    trace = handlers.trace(model).get_trace()
    values = {"x": x, **latents}
    laws = {name: trace[name]["fn"] for name in values}
    parts = [(value - laws[name].mean) / jnp.sqrt(laws[name].variance) for name, value in values.items()]
    return jnp.concatenate([part.ravel() for part in parts])


def minimise(residual: Residual, start: Float[Array, " point"], num_steps: int) -> Float[Array, " point"]:
    """Return the point after so many steps, each the best of some shares of a full one, or none."""

    def step(_, point):
        jacobian, value = jax.jacfwd(residual)(point), residual(point)
        change = -jnp.linalg.solve(jacobian.T @ jacobian, jacobian.T @ value)
        shorter = point + jnp.stack([0.0 * change, *(share * change for share in DAMPINGS)])
        costs = jax.vmap(lambda point: jnp.sum(residual(point) ** 2))(shorter)
        return shorter[jnp.nanargmin(costs)]

    return jax.lax.fori_loop(0, num_steps, step, start)


def precision(residual: Residual, point: Float[Array, " point"]) -> Float[Array, "point point"]:
    """Return J^T J, the Gauss-Newton approximation of -Hessian of the log density."""
    jacobian = jax.jacfwd(residual)(point)
    return jacobian.T @ jacobian
