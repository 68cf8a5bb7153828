"""Spectra between the multipoles where theory gives them: a cubic spline of log C_ell in log ell, as one product."""

import jax.numpy as jnp
import numpy as np

from fullfield.precision import full_precision
from fullfield.types import Array, ArrayLike, Float


def spline_matrix(ell_nodes: Float[ArrayLike, " node"], ell: Float[ArrayLike, " ell"]) -> Float[np.ndarray, "ell node"]:
    """Return the float32 matrix from values at the nodes to those of their spline in log ell; rows add up to 1."""
    import scipy.interpolate  # a quarter of a second that jobs without maps should not pay

    spline = scipy.interpolate.CubicSpline(np.log(ell_nodes), np.eye(len(ell_nodes)))
    return spline(np.log(ell)).astype(np.float32)


@full_precision
def interpolate(matrix: Float[ArrayLike, "ell node"], log_cl: Float[Array, "pairs node"]) -> Float[Array, "pairs ell"]:
    """Interpolate log C_ell less its mean: log C_ell is about -20, and the small rest leaves small rounding errors."""
    mean = jnp.mean(log_cl, axis=-1, keepdims=True)
    return mean + (log_cl - mean) @ matrix.T
