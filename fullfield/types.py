"""Type aliases shared by the whole library; axes are named in the annotations and checked under pytest."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Bool, Complex, Float, Int, Key, Shaped


class _OfJAX(type):
    """Of a class that stands for `jax.Array`: as long as JAX is not imported, nothing is an instance."""

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, getattr(sys.modules.get("jax"), "Array", ()))


class Array(metaclass=_OfJAX):
    """An array of JAX, traced or not; plots and tables that name it import no JAX."""


RandomKey = Key[Array, ""]
"""One typed JAX key."""

RandomKeys = Key[Array, " num"]
"""A vector of typed JAX keys."""

Params = Any
"""A pytree of network weights (nested dictionaries of arrays)."""

ArrayLike = Array | np.ndarray
"""Whatever NumPy and JAX both index."""

LogDensity = Callable[..., Any]
"""A function that returns an unnormalised log density, in nats."""

__all__ = [
    "Array",
    "ArrayLike",
    "Bool",
    "Complex",
    "Float",
    "Int",
    "Key",
    "LogDensity",
    "Params",
    "RandomKey",
    "RandomKeys",
    "Shaped",
]
