"""Tests run on the CPU, share compiled programs, and check the array types in every annotation of the package."""

import os
from pathlib import Path

from jaxtyping import install_import_hook

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".cache" / "jax"))
os.environ.setdefault("MPLBACKEND", "agg")

install_import_hook("fullfield", "beartype.beartype")


def pytest_collection_modifyitems(items):
    """Start the long runs of the workflow first, so that no worker is left alone with them at the end."""
    items.sort(key=lambda item: "workflow" not in item.path.parts)
