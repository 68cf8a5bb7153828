"""Products of float32 numbers at full precision, whatever the machine.

Recent GPUs round the factors of a matrix product to 10 bits of mantissa (TF32) unless it asks for more. Bins share most
of their structure, and a covariance of maps with errors of 1e-3 need not be positive definite. Layers of neural
networks (`compress.networks`, `flows`) can bear such errors and are left to the machine.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax


def full_precision(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make all products that a function traces, and their derivatives, ask for the highest precision.

    It reaches the functions that this one calls, other libraries' included; nothing outside the call changes. The rule
    of a function with derivatives of its own is traced later, and is decorated by itself.
    """

    @functools.wraps(function)
    def precise(*arguments, **named):
        with jax.default_matmul_precision("highest"):
            return function(*arguments, **named)

    return precise
