"""Generative models, one file each, and their registry."""

from collections.abc import Callable

from fullfield.tasks.batches import Simulations, simulate, simulate_chunks
from fullfield.tasks.gaussian_random_field import gaussian_random_field
from fullfield.tasks.lensing import lensing
from fullfield.tasks.linear_gaussian import linear_gaussian
from fullfield.tasks.lognormal_random_field import lognormal_random_field
from fullfield.tasks.lotka_volterra import lotka_volterra
from fullfield.tasks.noise_scale import noise_scale
from fullfield.tasks.normal_draws import normal_draws
from fullfield.tasks.prior import ProductPrior, TruncatedNormal
from fullfield.tasks.projected_density import projected_density
from fullfield.tasks.task import Task, joint_log_density
from fullfield.tasks.two_moons import two_moons

REGISTRY: dict[str, Callable[..., Task]] = {
    "gaussian_random_field": gaussian_random_field,
    "lensing": lensing,
    "linear_gaussian": linear_gaussian,
    "lognormal_random_field": lognormal_random_field,
    "lotka_volterra": lotka_volterra,
    "noise_scale": noise_scale,
    "normal_draws": normal_draws,
    "projected_density": projected_density,
    "two_moons": two_moons,
}
"""Constructor of each generative model."""


def make(name: str, **settings) -> Task:
    """Build a task of the registry by name; settings are those of its constructor.

    Raises
    ------
    ValueError
        For a name that is not in the registry.
    """
    if name not in REGISTRY:
        raise ValueError(f"task is {name!r}; allowed are {', '.join(sorted(REGISTRY))}")
    return REGISTRY[name](**settings)


__all__ = [
    "REGISTRY",
    "ProductPrior",
    "Simulations",
    "Task",
    "TruncatedNormal",
    "joint_log_density",
    "make",
    "simulate",
    "simulate_chunks",
]
