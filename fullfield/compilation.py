"""Compilation of programs that run a few times: to optimise them takes longer than they do."""

from collections.abc import Callable
from typing import Any

QUICK = {"xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": False}
"""Options of XLA for the CPU: a gradient of the maps' density compiles four times as fast and takes three times as
long."""


def with_quick_flags(flags: str) -> str:
    """Return XLA_FLAGS that make every program of a process such a one; flags that are given win."""
    return " ".join([*(f"--{name}={str(value).lower()}" for name, value in QUICK.items()), flags]).strip()


def jit_once(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the jitted function, which on a CPU is compiled fast rather than to be fast."""
    import jax  # whoever reads the flags needs none

    return jax.jit(function, compiler_options=QUICK if jax.default_backend() == "cpu" else None)
