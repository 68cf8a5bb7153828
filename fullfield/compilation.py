"""Compilation of programs that run a few times: to optimise them takes longer than they do."""

from collections.abc import Callable, MutableMapping
from typing import Any

QUICK = {"xla_backend_optimization_level": 0, "xla_cpu_use_fusion_emitters": False}
"""Options of XLA. On a CPU a gradient of the maps' density compiles in a quarter of the time and takes three times as
long."""


def use_quick_flags(environment: MutableMapping[str, str]) -> None:
    """Make every program of the processes that see this environment such a one; XLA_FLAGS that are given win."""
    own = " ".join(f"--{name}={str(value).lower()}" for name, value in QUICK.items())
    given = environment.get("XLA_FLAGS", "")
    if own not in given:
        environment["XLA_FLAGS"] = f"{own} {given}".strip()


def jit_once(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the jitted function, which on a CPU is compiled fast rather than to be fast.

    JAX refuses such a function inside another one that is jitted.
    """
    import jax  # whoever reads the flags needs none

    return jax.jit(function, compiler_options=QUICK if jax.default_backend() == "cpu" else None)


def jit_long(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the jitted function, which on a CPU is compiled to be fast, whatever flags this process has."""
    import jax

    thorough = {"xla_backend_optimization_level": 3, "xla_cpu_use_fusion_emitters": True}
    return jax.jit(function, compiler_options=thorough if jax.default_backend() == "cpu" else None)
