"""Mean and variance of things that are too large to keep, updated state by state."""

from typing import Any, NamedTuple

import jax
import numpy as np


class Moments(NamedTuple):
    """Mean and variance of something over states of a chain, in float64."""

    count: np.ndarray
    mean: Any
    variance: Any

    @classmethod
    def zeros(cls, like: Any) -> "Moments":
        """Return the moments of nothing."""
        zeros = jax.tree.map(lambda leaf: np.zeros(leaf.shape), like)
        return cls(np.zeros((), np.int64), zeros, jax.tree.map(np.copy, zeros))

    def add(self, values: Any) -> "Moments":
        """Return the moments with one more state (Welford)."""
        count = self.count + 1
        delta = jax.tree.map(lambda new, mean: np.asarray(new, np.float64) - mean, values, self.mean)
        mean = jax.tree.map(lambda mean, delta: mean + delta / count, self.mean, delta)
        variance = jax.tree.map(
            lambda variance, delta: variance + (delta**2 * self.count / count - variance) / count, self.variance, delta
        )
        return Moments(count, mean, variance)
