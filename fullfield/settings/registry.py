"""Losses and inference methods that the library registers, from the syntax tree: a plan needs names, not JAX."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fullfield import text_io

PACKAGE = Path(__file__).parents[1]
SMALL_TASKS = ("linear_gaussian", "lotka_volterra", "noise_scale", "normal_draws", "two_moons")
"""Tasks of `fullfield.tasks` with few numbers of data, whose simulations the workflow keeps on file."""
NO_COMPRESSOR = "none"
"""Compressor of data that are summaries already (`compress.untrained`)."""


class RegisteredLoss(NamedTuple):
    """A function of `fullfield.compress` decorated with ``register`` or ``register_at_fiducial``."""

    module: str
    """Where it is defined, below the package."""
    at_fiducial: bool
    """Whether it is trained at the fiducial point, on derivatives, instead of over the prior."""


class RegisteredMethod(NamedTuple):
    """A file of `fullfield.inference` with a function decorated with ``register`` or ``register_with_density``."""

    module: str
    """Where it is defined, below the package."""
    has_density: bool
    """Whether it has a normalised density, and not draws alone."""


@functools.cache
def losses() -> dict[str, RegisteredLoss]:
    """Return the registered losses by name, those of `compress.losses` first."""
    paths = sorted((PACKAGE / "compress").glob("*.py"), key=lambda path: (path.stem != "losses", path.stem))
    return {
        name: RegisteredLoss(f"compress.{path.stem}", decorator == "register_at_fiducial")
        for path in paths
        for name, decorator in _decorated(path, ("register", "register_at_fiducial"))
    }


def fiducial_losses() -> list[str]:
    """Return the losses that are trained at the fiducial point."""
    return [name for name, loss in losses().items() if loss.at_fiducial]


def compressors() -> list[str]:
    """Return what may stand for a compressor of the default route: a loss, or `NO_COMPRESSOR`."""
    return [*losses(), NO_COMPRESSOR]


def loss_module(name: str) -> str:
    """Return the module, below the package, that defines a loss, or what stands for one."""
    return "compress.untrained" if name == NO_COMPRESSOR else losses()[name].module


@functools.cache
def methods() -> dict[str, RegisteredMethod]:
    """Return the registered inference methods by name, that of their file."""
    return {
        path.stem: RegisteredMethod(f"inference.{path.stem}", decorator == "register_with_density")
        for path in sorted((PACKAGE / "inference").glob("*.py"))
        for _, decorator in _decorated(path, ("register", "register_with_density"))
    }


def method_module(name: str) -> str:
    """Return the module, below the package, that defines an inference method."""
    return methods()[name].module


def _decorated(path: Path, decorators: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield (name, decorator) of the decorated functions and classes at the top of a module."""
    for node in ast.parse(text_io.read_text(path)).body:
        for decorator in getattr(node, "decorator_list", ()):
            used = decorator.attr if isinstance(decorator, ast.Attribute) else getattr(decorator, "id", None)
            if used in decorators:
                yield node.name, used
