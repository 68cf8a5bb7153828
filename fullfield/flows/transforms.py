"""Elementwise bijectors of a layer by name: how many numbers of each coordinate they take, and what these mean."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tensorflow_probability.substrates.jax import bijectors as tfb

from fullfield.flows import spline
from fullfield.flows.bijectors import bounded_affine
from fullfield.flows.sigmoids import SmoothMonotonic
from fullfield.types import Array, Float


class Transform(NamedTuple):
    """A family of elementwise bijectors from base space to data space; zeros stand for one close to the identity."""

    num_rows: int
    """Numbers that the bijector of one coordinate takes."""
    make: Callable[[Float[Array, "row coordinate"]], Any]
    """These numbers, unbounded -> a TFP bijector on vectors."""


def inverse_and_log_det(bijector: Any, y: Float[Array, " coordinate"]) -> tuple[Array, Array]:
    """Return z and log |det dz / dy| of an elementwise bijector z -> y."""
    return bijector.inverse(y), bijector.inverse_log_det_jacobian(y, event_ndims=1)


def _affine(raw: Float[Array, "2 coordinate"]) -> Any:
    return bounded_affine(*raw)


def _smooth(raw: Float[Array, "row coordinate"]) -> Any:
    return tfb.Chain([bounded_affine(*raw[:2]), SmoothMonotonic(raw[2:])])


def _spline(raw: Float[Array, "row coordinate"]) -> Any:
    return tfb.Chain([bounded_affine(*raw[:2]), spline.rational_quadratic_spline(raw[2:])])


TRANSFORMS: dict[str, Callable[[int], Transform]] = {
    "affine": lambda num_components: Transform(2, _affine),
    "smooth": lambda num_components: Transform(3 + 3 * num_components, _smooth),
    "spline": lambda num_components: Transform(2 + spline.num_rows(num_components), _spline),
}
"""Transforms of so many components. ``affine``: t + exp(s) z, which has none; ``smooth``: the same behind a mixture of
sigmoids (`sigmoids`); ``spline``: the same behind a rational-quadratic spline of so many bins (`spline`), which has no
second derivative at its knots: its score jumps there."""
