"""Where the surrogate is fitted, and in which coordinates: draws of the prior, warped and bounded parameters.

Functions that run both on float64 arrays of NumPy, for the fit, and under JAX take the array module as `xp`.
"""

import functools
import itertools
import math
from types import ModuleType

import jax
import numpy as np
from scipy.special import ndtr, ndtri

from fullfield.theory.cosmology import PRIOR, Marginal
from fullfield.types import ArrayLike, Float, RandomKey

SUPPORT = 4.5
"""Half-width of the training range in standard deviations of the prior."""
MARGIN = 0.01
"""Parameters saturate at this fraction of the half-width beyond the training range."""


def draw_prior(key: RandomKey, num: int) -> Float[np.ndarray, "num 6"]:
    """Draw (num, 6) parameters from the prior, in float64."""
    return _quantiles(_uniform(key, num), broaden=1.0, support=math.inf)


def draw_training(key: RandomKey, num: int) -> Float[np.ndarray, "num 6"]:
    """Draw (num, 6) points to fit to, all within `SUPPORT` scales of the prior's centre.

    Half are from the prior. The scales of the other half are 1.6 times larger and their Omega_c crowds towards its
    lower bound, where baryons dominate and the acoustic oscillations make the spectra change fastest.
    """
    prior_key, broad_key = jax.random.split(key)
    narrow = _quantiles(_uniform(prior_key, num - num // 2), broaden=1.0, support=SUPPORT)
    uniform = _uniform(broad_key, num // 2)
    uniform[:, 0] **= 2
    return np.concatenate([narrow, _quantiles(uniform, broaden=1.6, support=SUPPORT)])


def _uniform(key: RandomKey, num: int) -> np.ndarray:
    """Draw (num, 6) uniform numbers, never 0 or 1, where an unbounded quantile is infinite."""
    bits = np.asarray(jax.random.bits(key, (num, len(PRIOR)), np.uint32) >> 8, np.float64)
    return (bits + 0.5) / 2**24


def _quantiles(uniform: np.ndarray, broaden: float, support: float) -> np.ndarray:
    """Quantiles of the prior with its scales multiplied by `broaden`, cut at `support` scales of the prior itself."""
    columns = []
    for value, marginal in zip(uniform.T, PRIOR.values(), strict=True):
        scale = broaden * marginal.scale
        low, high = (np.array(_support(marginal, support)) - marginal.loc) / scale
        columns.append(marginal.loc + scale * ndtri(ndtr(low) + value * (ndtr(high) - ndtr(low))))
    return np.stack(columns, axis=1)


def _support(marginal: Marginal, support: float) -> tuple[float, float]:
    reach = support * marginal.scale
    return max(marginal.low, marginal.loc - reach), min(marginal.high, marginal.loc + reach)


def warp(theta: ArrayLike, xp: ModuleType) -> ArrayLike:
    """Coordinates in which log C_ell is close to polynomial, (..., 6).

    sqrt(Omega_m), the baryon fraction (which sets the acoustic oscillations), ln sigma8, sqrt(Omega_m) h, n_s and w0.
    """
    omega_c, omega_b, sigma8, h, n_s, w0 = xp.moveaxis(theta, -1, 0)
    root = xp.sqrt(omega_c + omega_b)
    return xp.stack([root, omega_b / root**2, xp.log(sigma8), root * h, n_s, w0], axis=-1)


@functools.cache
def ranges() -> tuple[np.ndarray, ...]:
    """Centre and half-width of the training range of theta, and of the warped coordinates over its corners."""
    bounds = np.array([_support(marginal, SUPPORT) for marginal in PRIOR.values()])
    warped = warp(np.array(list(itertools.product(*bounds))), np)
    low, high = warped.min(0), warped.max(0)
    return bounds.mean(1), np.ptp(bounds, axis=1) / 2.0, (low + high) / 2.0, (high - low) / 2.0


def coordinates(theta: ArrayLike, xp: ModuleType) -> ArrayLike:
    """Scaled coordinates, in [-1, 1] over the training range; beyond it theta saturates, twice differentiably."""
    # Fresh arrays: JAX remembers the type that a constant had in its first trace, and precisions may differ.
    centre, half, warped_centre, warped_half = map(np.copy, ranges())
    scaled = (theta - centre) / half
    inside = xp.clip(scaled, -1.0, 1.0)
    bounded = inside + MARGIN * xp.tanh((scaled - inside) / MARGIN)
    return (warp(centre + half * bounded, xp) - warped_centre) / warped_half
