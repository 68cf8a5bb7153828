"""A task: one NumPyro model from which simulation, score and joint log density are derived."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpyro import handlers
from numpyro.infer.util import log_density

from fullfield.tasks.prior import ProductPrior
from fullfield.types import Array, ArrayLike, Float, Int, RandomKey


@dataclasses.dataclass(frozen=True)
class Task:
    """A generative model p(theta) p(z) p(x | theta, z) and what is needed to talk about it.

    Attributes
    ----------
    name
        Name in the registry.
    parameter_names
        Names of the p entries of theta, in order.
    prior
        Distribution of theta, event shape (p,).
    fiducial
        (p,) reference point, inside the prior.
    latent_shape
        Shape of the site ``z``, a priori white noise of unit variance; None where the model has no latents.
    model
        NumPyro model ``model(x=None)`` with sites ``theta``, ``z`` (if any) and ``x``; a deterministic site
        ``num_invalid``, if present, counts what makes a simulation invalid.
    regular
        Whether the support of x is free of theta, so that E[score | theta] = 0.
    coordinates
        x -> (theta, w) -> (z, log |det dz / dw|): coordinates in which the posterior of the latents is close to white
        noise, for samplers; None leaves z as it is.
    approximation
        x -> theta -> log p_approx(x | theta): a cheap likelihood without latents, for starts and whitening of samplers.
    """

    name: str
    parameter_names: tuple[str, ...]
    prior: ProductPrior
    fiducial: np.ndarray
    latent_shape: tuple[int, ...] | None
    model: Callable[..., None]
    regular: bool = True
    coordinates: Callable[[Array], Callable[[Array, Array], tuple[Array, Array]]] | None = None
    approximation: Callable[[Array], Callable[[Array], Array]] | None = None

    @property
    def num_parameters(self) -> int:
        """Return p."""
        return len(self.parameter_names)


class Simulations(NamedTuple):
    """Simulations in the order of their index."""

    theta: Float[Array, "n p"]
    x: Float[Array, "n ..."]
    score: Float[Array, "n p"] | None
    latents: Float[Array, "n ..."] | None
    num_invalid: Int[Array, " n"]
    """What makes each simulation invalid, counted (non-positive modes, ...); zero for a valid one."""


def joint_log_density(task: Task, x: Float[ArrayLike, "..."]) -> Callable[..., Array]:
    """Return (theta, z) -> log p(theta, z, x), normalised, in nats; z is omitted for a task without latents."""

    def joint(theta, z=None):
        latents = {} if z is None else {"z": z}
        return log_density(task.model, (), {"x": x}, {"theta": theta, **latents})[0]

    return joint


def unconstrained_log_density(task: Task, x: Float[ArrayLike, "..."]) -> Callable[..., Array]:
    """Return (u, w) -> log p(u, w, x), theta = prior.to_constrained(u), z in the task's coordinates w."""
    x = jnp.asarray(x)
    joint = joint_log_density(task, x)
    transform = task.coordinates(x) if task.coordinates else lambda theta, w: (w, 0.0)

    def unconstrained(u, w=None):
        theta = task.prior.to_constrained(u)
        z, log_det = (None, 0.0) if w is None else transform(theta, w)
        return joint(theta, z) + task.prior.log_det(u) + log_det

    return unconstrained


def simulate_one(
    key: RandomKey, task: Task, theta: Float[Array, " p"] | None = None, sites: tuple[str, ...] = ("theta", "z", "x")
) -> dict[str, Array]:
    """Run the model once and return the values of `sites` (absent ones are left out), with ``num_invalid`` added."""
    fixed = {} if theta is None else {"theta": theta}
    trace = handlers.trace(handlers.seed(handlers.substitute(task.model, data=fixed), key)).get_trace()
    values = {name: trace[name]["value"] for name in sites if name in trace}
    values["num_invalid"] = trace["num_invalid"]["value"] if "num_invalid" in trace else jnp.zeros((), jnp.int32)
    return values


def joint_score(task: Task, theta: Float[Array, " p"], z: Array | None, x: Array) -> Float[Array, " p"]:
    """Return grad_theta log p(x, z | theta) with z held fixed."""

    def conditional(theta):
        return joint_log_density(task, x)(theta, z) - task.prior.log_prob(theta)

    return jax.grad(conditional)(theta)


def simulate(
    key: RandomKey,
    task: Task,
    num_simulations: int,
    *,
    theta: Float[Array, "n p"] | None = None,
    score: bool = False,
    latents: bool = False,
    chunk_size: int = 64,
) -> Simulations:
    """Draw (theta, x) from the joint distribution, or x at given parameters.

    Simulation i depends on ``fold_in(key, i)`` alone: any chunk size gives the same result.

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
    chunk_size
        Simulations in memory at a time.

    Returns
    -------
    Simulations
        Arrays with leading axis n.

    Raises
    ------
    ValueError
        Where theta does not have shape (n, p).
    """
    if theta is not None and theta.shape != (num_simulations, task.num_parameters):
        raise ValueError(f"theta has shape {theta.shape}; ({num_simulations}, {task.num_parameters}) is needed")

    def one(index_and_theta):
        index, point = index_and_theta
        values = simulate_one(jax.random.fold_in(key, index), task, point)
        gradient = joint_score(task, values["theta"], values.get("z"), values["x"]) if score else None
        kept = values.get("z") if latents else None
        return Simulations(values["theta"], values["x"], gradient, kept, values["num_invalid"])

    indices = jnp.arange(num_simulations)
    return jax.jit(lambda inputs: jax.lax.map(one, inputs, batch_size=min(chunk_size, num_simulations)))(
        (indices, theta)
    )
