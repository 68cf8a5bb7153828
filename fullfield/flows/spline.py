"""Monotonic rational-quadratic splines, whose first derivative is continuous and whose second is not."""

from typing import Any

import jax
import jax.numpy as jnp
from tensorflow_probability.substrates.jax import bijectors as tfb

from fullfield.types import Array, Float

EDGE = 5.0
"""The spline is the identity beyond -EDGE and EDGE."""
LEAST = 1e-3
"""Smallest width and height of a bin, as a share of the interval, and smallest slope."""


class _Spline(tfb.RationalQuadraticSpline):
    def _compute_shared(self, x=None, y=None):
        # TFP takes shapes from operations on constants, which `jax.jit` would trace.
        with jax.ensure_compile_time_eval():
            return super()._compute_shared(x=x, y=y)


def num_rows(num_bins: int) -> int:
    """Return how many numbers the spline of one coordinate takes: widths, heights, and slopes between the bins."""
    return 3 * num_bins - 1


def rational_quadratic_spline(raw: Float[Array, "row coordinate"]) -> Any:
    r"""Return the elementwise spline z -> y of Durkan et al. 2019 (arXiv:1906.04032) on [-5, 5].

    Widths and heights of the K bins are softmax(r) of the first two blocks of K rows, slopes at the K - 1 inner knots
    softplus(r + c) of the rest, with c such that zeros give the identity.

    Parameters
    ----------
    raw
        (3 K - 1, coordinate) unbounded numbers.

    Returns
    -------
    tfb.RationalQuadraticSpline
        Bijector on vectors.
    """
    num_bins = (len(raw) + 1) // 3
    widths, heights, slopes = jnp.split(raw.T, [num_bins, 2 * num_bins], axis=-1)

    def bins(rows):
        return 2 * EDGE * (LEAST + (1 - LEAST * num_bins) * jax.nn.softmax(rows, axis=-1))

    start = jnp.log(jnp.expm1(1.0 - LEAST))
    return _Spline(bins(widths), bins(heights), LEAST + jax.nn.softplus(slopes + start), range_min=-EDGE)
