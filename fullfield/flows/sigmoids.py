"""A smooth monotonic map of the real line, a mixture of sigmoids, in closed form in the direction of the density."""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.nn import sigmoid
from tensorflow_probability.substrates.jax import bijectors as tfb
from tensorflow_probability.substrates.jax import math as tfm

from fullfield.types import Array, Float

MAX_SLOPE = 50.0
"""Of a component; slopes are at least 1."""
FRESH_SPREAD = 0.7
"""Distance of the components of a fresh map, in units of that of as many quantiles of the logistic distribution."""
FRESH_LINEAR = 0.5
"""Share of the identity in a fresh map."""
MIN_LINEAR = 1e-2
FAR = 30.0
"""Where maps go on with slope 1: further out the square of a sigmoid leaves the range of single precision."""
MAX_ITERATIONS = 60


class Sigmoids(NamedTuple):
    r"""Shape of the map of each coordinate.

    .. math:: f(y) = \mathrm{logit}\Big[ c\, \sigma(y) + (1 - c) \sum_k w_k\, \sigma(a_k (y + b_k)) \Big]

    that is the mixture of Koehler et al. 2021 (arXiv:2110.00351) between logits, so that it maps the real line onto
    itself. All derivatives exist; 1 <= a and 0 < c make its slope tend to a constant, 1, on both sides. Beyond |y| = 30
    it goes on with slope 1.
    """

    log_weight: Float[Array, "... component"]
    slope: Float[Array, "... component"]
    shift: Float[Array, "... component"]
    log_linear: Float[Array, "..."]
    """log c."""
    log_mixed: Float[Array, "..."]
    """log(1 - c)."""

    @classmethod
    def of_raw(cls, raw: Float[Array, "row ..."]) -> "Sigmoids":
        """Return the shape that 3 K + 1 unbounded numbers of a coordinate stand for; zeros: close to the identity."""
        # Sums over components are twice as fast where these are next to each other.
        weight, slope, shift = jnp.split(jnp.moveaxis(raw[1:], 0, -1), 3, axis=-1)
        offset, fresh_slope = _fresh(weight.shape[-1])
        share = math.log(fresh_slope) / math.log(MAX_SLOPE)
        linear = MIN_LINEAR + (1 - 2 * MIN_LINEAR) * sigmoid(raw[0] + _logit(FRESH_LINEAR))
        return cls(
            jax.nn.log_softmax(weight, axis=-1),
            jnp.exp(math.log(MAX_SLOPE) * sigmoid(slope + _logit(share))),
            shift + offset.astype(raw.dtype),
            jnp.log(linear),
            jnp.log1p(-linear),
        )

    def map(self, y: Float[Array, "..."]) -> tuple[Array, Array]:
        """Return f(y) and log f'(y)."""
        near = jnp.clip(y, -FAR, FAR)
        inside = self.slope * (near[..., None] + self.shift)
        weight, linear = jnp.exp(self.log_weight + self.log_mixed[..., None]), jnp.exp(self.log_linear)
        # Both sides by sigmoids of their own: one minus the other would lose the smaller one.
        below = (weight * sigmoid(inside)).sum(-1) + linear * sigmoid(near)
        above = (weight * sigmoid(-inside)).sum(-1) + linear * sigmoid(-near)
        density = weight * self.slope * sigmoid(inside) * sigmoid(-inside)
        log_density = jnp.log(density.sum(-1) + linear * sigmoid(near) * sigmoid(-near))
        log_below, log_above = jnp.log(below), jnp.log(above)
        return log_below - log_above + (y - near), log_density - log_below - log_above

    def bracket(self, z: Float[Array, "..."]) -> tuple[Array, Array]:
        """Return two numbers that f maps to either side of z, where |f^{-1}(z)| <= 30.

        The argument of the logit is a mean over components, so it lies between the smallest and the largest of them.
        """
        roots = jnp.concatenate([z[..., None], z[..., None] / self.slope - self.shift], axis=-1)
        margin = 1e-3 * (1 + jnp.abs(z))
        return jnp.maximum(roots.min(-1) - margin, -FAR), jnp.minimum(roots.max(-1) + margin, FAR)


@jax.custom_jvp
def solve(shape: Sigmoids, z: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return y with f(y) = z, by Chandrupatla's method in a bracket that holds the root for every shape."""
    near = jnp.clip(z, *(shape.map(jnp.full_like(z, end))[0] for end in (-FAR, FAR)))
    low, high = shape.bracket(near)
    found = tfm.find_root_chandrupatla(
        lambda y: shape.map(y)[0] - near,
        low=low,
        high=high,
        position_tolerance=4 * float(jnp.finfo(z.dtype).eps),
        max_iterations=MAX_ITERATIONS,
    )
    return found.estimated_root + (z - near)


@solve.defjvp
def _solve_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    # The implicit function theorem; the root in it is one of `solve`, so that higher derivatives follow.
    (shape, z), (shape_tangent, z_tangent) = primals, tangents
    y = solve(shape, z)
    (_, log_slope), (moved, _) = jax.jvp(lambda shape: shape.map(y), (shape,), (shape_tangent,))
    return y, (z_tangent - moved) * jnp.exp(-log_slope)


class SmoothMonotonic(tfb.Bijector):
    """The bijector z -> y whose inverse is the mixture of sigmoids; `forward` finds a root."""

    def __init__(self, raw: Float[Array, "row ..."]):
        parameters = {"raw": raw}
        self._shape, self._last = Sigmoids.of_raw(raw), None
        super().__init__(forward_min_event_ndims=0, dtype=raw.dtype, parameters=parameters, name="smooth_monotonic")

    @classmethod
    def _parameter_properties(cls, dtype: Any) -> dict[str, Any]:
        return {}

    def _forward(self, z: Array) -> Array:
        return solve(self._shape, z)

    def _inverse(self, y: Array) -> Array:
        return self._mapped(y)[0]

    def _inverse_log_det_jacobian(self, y: Array) -> Array:
        return self._mapped(y)[1]

    def _mapped(self, y: Array) -> tuple[Array, Array]:
        # TFP asks for the two one after the other: traced once.
        if self._last is None or self._last[0] is not y:
            self._last = y, self._shape.map(y)
        return self._last[1]


def _fresh(num_components: int) -> tuple[np.ndarray, float]:
    """Return shifts and the slope of components whose mixture has the variance of the logistic distribution."""
    middle = (np.arange(num_components) + 0.5) / num_components
    shifts = FRESH_SPREAD * np.log(middle / (1 - middle))
    return shifts, max(1.05, (1 - 3 / math.pi**2 * float(np.mean(shifts**2))) ** -0.5)


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
