"""Type aliases shared by the whole library; axes are named in the annotations and checked under pytest."""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Array, Bool, Complex, Float, Int, Key, Shaped

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
