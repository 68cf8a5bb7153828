"""A task: one NumPyro model from which simulation, score and joint log density are derived."""

import dataclasses
from collections.abc import Callable
from typing import Any

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
        NumPyro model ``model(x=None, **shared)`` with sites ``theta``, ``z`` (if any) and ``x``; a deterministic site
        ``num_invalid``, if present, counts what makes a simulation invalid.
    regular
        Whether the support of x is free of theta, so that E[score | theta] = 0.
    coordinates
        x -> (theta, w) -> (z, log |det dz / dw|, shared): coordinates in which the posterior of the latents is close
        to white noise, for samplers; None leaves z as it is. ``shared`` holds what the model would compute again, its
        keyword arguments.
    whiten
        x -> (theta, z) -> w, the inverse of `coordinates`; None where there is none.
    observe
        (key, kappa) -> x: what the model makes of noiseless maps; None where x is not a noisy version of something.
    posterior
        (key, x, n) -> theta (n, p), exact, independent draws from the posterior; None where there is no formula.
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
    coordinates: Callable[[Array], Callable[[Array, Array], tuple[Array, Array, dict[str, Any]]]] | None = None
    whiten: Callable[[Array], Callable[[Array, Array], Array]] | None = None
    approximation: Callable[[Array], Callable[[Array], Array]] | None = None
    observe: Callable[[RandomKey, Array], Array] | None = None
    posterior: Callable[[RandomKey, Array, int], Array | np.ndarray] | None = None

    @property
    def num_parameters(self) -> int:
        """Return p."""
        return len(self.parameter_names)


def joint_log_density(task: Task, x: Float[ArrayLike, "..."]) -> Callable[..., Array]:
    """Return (theta, z, **shared) -> log p(theta, z, x), normalised, in nats; no z for a task without latents."""

    def joint(theta, z=None, **shared):
        latents = {} if z is None else {"z": z}
        return log_density(task.model, (), {"x": x, **shared}, {"theta": theta, **latents})[0]

    return joint


def to_latents(task: Task, x: Array) -> Callable[[Array, Array], tuple[Array, Array, dict[str, Any]]]:
    """Return (theta, w) -> (z, log |det dz / dw|, shared), the identity for a task without coordinates of its own."""
    return task.coordinates(x) if task.coordinates else _identity


def _identity(theta: Array, z: Array) -> tuple[Array, float, dict[str, Any]]:
    return z, 0.0, {}


def unconstrained_log_density(task: Task, x: Float[ArrayLike, "..."], *, whitened: bool = True) -> Callable[..., Array]:
    """Return (u, w) -> log p(u, w, x), theta = prior.to_constrained(u), z in the task's coordinates w or plain."""
    x = jnp.asarray(x)
    joint = joint_log_density(task, x)
    transform = to_latents(task, x) if whitened else _identity

    def unconstrained(u, w=None):
        theta = task.prior.to_constrained(u)
        z, log_det, shared = (None, 0.0, {}) if w is None else transform(theta, w)
        return joint(theta, z, **shared) + task.prior.log_det(u) + log_det

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


def data_shape(task: Task) -> tuple[int, ...]:
    """Return the shape of one x."""
    return jax.eval_shape(lambda key: simulate_one(key, task), jax.random.key(0))["x"].shape


def value_at(task: Task, site: str, theta: Float[Array, " p"], z: Array) -> Array:
    """Return a deterministic site of the model, such as the noiseless map, at given parameters and latents."""
    model = handlers.seed(handlers.substitute(task.model, data={"theta": theta, "z": z}), jax.random.key(0))
    return handlers.trace(model).get_trace()[site]["value"]


def joint_score(task: Task, theta: Float[Array, " p"], z: Array | None, x: Array) -> Float[Array, " p"]:
    """Return grad_theta log p(x, z | theta) with z held fixed."""

    def conditional(theta):
        return joint_log_density(task, x)(theta, z) - task.prior.log_prob(theta)

    return jax.grad(conditional)(theta)
