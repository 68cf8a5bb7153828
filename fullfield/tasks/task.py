"""A task: one NumPyro model from which simulation, score and joint log density are derived."""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from numpyro import handlers
from numpyro.infer.util import log_density

from fullfield.tasks.prior import ProductPrior
from fullfield.types import Array, ArrayLike, Float, RandomKey


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
