"""Tasks of the study: their variants, their kinds of scores, and whether data are compressed."""

from typing import Any, NamedTuple

MOONS = "moons"
"""The target that is a density and no task; see `moons`."""
NONE = "none"
"""A fit without scores."""


class Case(NamedTuple):
    """A task of the registry as the study sees it."""

    task: str
    settings: dict[str, Any]
    kinds: tuple[str, ...]
    """Kinds of scores (`tasks.scores.SCORES`) beside none; without latents the joint score has no noise."""
    is_compressed: bool = False
    """Whether data are compressed to as many numbers as there are parameters, as published."""


CASES: dict[str, Case] = {
    "lotka_volterra": Case("lotka_volterra", {"initial": "free"}, ("joint", "control_variate"), is_compressed=True),
    "lotka_volterra_data": Case("lotka_volterra", {"initial": "free"}, ("joint", "control_variate")),
    "lotka_volterra_fixed": Case("lotka_volterra", {"initial": "fixed"}, ("joint",), is_compressed=True),
    "lotka_volterra_sbibm": Case("lotka_volterra", {"initial": "sbibm"}, ("joint",)),
    "two_moons": Case("two_moons", {}, ("joint",)),
    "linear_gaussian": Case("linear_gaussian", {}, ("joint", "control_variate")),
    "noise_scale": Case("noise_scale", {}, ("joint", "control_variate")),
}
"""By name. ``lotka_volterra_data`` sees the data themselves."""


def kinds_of(name: str) -> tuple[str, ...]:
    """Return the kinds of fits of a case, the one without scores first; of the density, too."""
    return (NONE, "joint") if name == MOONS else (NONE, *CASES[name].kinds)
