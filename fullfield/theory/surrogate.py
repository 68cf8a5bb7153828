r"""A fast, differentiable stand-in for the exact spectra: theta -> (log C_ell^ij, lambda_i) in float32.

A polynomial of total degree d in warped and bounded coordinates of theta, fitted by least squares in float64 to
exact spectra over the prior; its outputs are the principal components of log C_ell and the log shifts, both relative to their
means, so that float32 does not matter.
"""

import dataclasses
import functools
import itertools
import math
from os import PathLike

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import scipy.stats

from fullfield import io
from fullfield.theory.cosmology import PARAMETER_NAMES, PRIOR
from fullfield.types import Array, ArrayLike, Float, RandomKey

SUPPORT = 4.5
"""Half-width of the training range in standard deviations of the prior."""
MARGIN = 0.01
"""Parameters saturate at this fraction of the half-width beyond the training range."""
MAX_DEGREE = 7
RIDGE = 1e-10
HIGHEST = jax.lax.Precision.HIGHEST  # accelerators would multiply in 10-bit mantissas otherwise


def draw_prior(
    key: RandomKey, num: int, *, broaden: float = 1.0, support: float = math.inf
) -> Float[np.ndarray, "num 6"]:
    """Draw parameters from the prior or a broader version of it, in float64.

    Parameters
    ----------
    key
        Random key.
    num
        Number of draws.
    broaden
        Factor on the scales of the underlying Normals.
    support
        Largest distance from the centre in scales of the prior, where the prior's own bounds do not come first.

    Returns
    -------
    np.ndarray
        (num, 6) parameters.
    """
    # 24 random bits and a half: never 0 or 1, where an unbounded quantile is infinite.
    uniform = np.asarray(jax.random.bits(key, (num, len(PRIOR)), np.uint32) >> 8, np.float64)
    columns = []
    for value, marginal in zip(((uniform + 0.5) / 2**24).T, PRIOR.values(), strict=True):
        bounds = np.array(_support(marginal, support))
        low, high = (bounds - marginal.loc) / (broaden * marginal.scale)
        columns.append(scipy.stats.truncnorm.ppf(value, low, high, marginal.loc, broaden * marginal.scale))
    return np.stack(columns, axis=1)


def draw_training(key: RandomKey, num: int) -> Float[np.ndarray, "num 6"]:
    """Draw points to fit to: half from the prior, half from one broadened by 1.6, all within `SUPPORT` scales."""
    prior_key, broad_key = jax.random.split(key)
    narrow = draw_prior(prior_key, num - num // 2, support=SUPPORT)
    return np.concatenate([narrow, draw_prior(broad_key, num // 2, broaden=1.6, support=SUPPORT)])


def _support(marginal, support: float) -> tuple[float, float]:
    reach = support * marginal.scale
    return max(marginal.low, marginal.loc - reach), min(marginal.high, marginal.loc + reach)


def _warp(theta: ArrayLike, xp) -> ArrayLike:
    """Coordinates in which log C_ell is close to polynomial, (..., 6).

    sqrt(Omega_m), the baryon fraction (which sets the acoustic oscillations), ln sigma8, sqrt(Omega_m) h, n_s and w0.
    """
    omega_c, omega_b, sigma8, h, n_s, w0 = xp.moveaxis(theta, -1, 0)
    root = xp.sqrt(omega_c + omega_b)
    return xp.stack([root, omega_b / root**2, xp.log(sigma8), root * h, n_s, w0], axis=-1)


@functools.cache
def _ranges() -> tuple[np.ndarray, ...]:
    """Centre and half-width of the training range of theta, and of the warped coordinates over its corners."""
    bounds = np.array([_support(marginal, SUPPORT) for marginal in PRIOR.values()])
    warped = _warp(np.array(list(itertools.product(*bounds))), np)
    low, high = warped.min(0), warped.max(0)
    return bounds.mean(1), np.ptp(bounds, axis=1) / 2.0, (low + high) / 2.0, (high - low) / 2.0


def _coordinates(theta: ArrayLike, xp) -> ArrayLike:
    """Scaled coordinates, in [-1, 1] over the training range; beyond it theta saturates, twice differentiably."""
    centre, half, warped_centre, warped_half = _ranges()
    scaled = (theta - centre) / half
    inside = xp.clip(scaled, -1.0, 1.0)
    bounded = inside + MARGIN * xp.tanh((scaled - inside) / MARGIN)
    return (_warp(centre + half * bounded, xp) - warped_centre) / warped_half


@functools.cache
def _exponents(degree: int) -> np.ndarray:
    """(num_terms, 6) exponents of total degree <= d."""
    grid = np.indices((degree + 1,) * len(PARAMETER_NAMES)).reshape(len(PARAMETER_NAMES), -1).T
    return grid[grid.sum(1) <= degree]


def _features(theta: ArrayLike, degree: int, xp) -> ArrayLike:
    """Products of Chebyshev polynomials of the coordinates, (..., num_terms)."""
    v = _coordinates(theta, xp)
    chebyshev = [xp.ones_like(v), v]
    for _ in range(degree - 1):
        chebyshev.append(2.0 * v * chebyshev[-1] - chebyshev[-2])
    table = xp.stack(chebyshev, axis=-1)  # (..., 6, degree + 1)
    factors = (table[..., p, exponents] for p, exponents in enumerate(_exponents(degree).T))
    return math.prod(factors)


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["coefficients", "basis", "offset_cl", "offset_shift", "ell"],
    meta_fields=["degree", "survey", "num_pixels"],
)
@dataclasses.dataclass(frozen=True)
class Surrogate:
    """theta -> (log C_ell, lambda), a registered pytree; made by `fit_surrogate`.

    Attributes
    ----------
    coefficients
        (num_terms, num_components + num_bins) coefficients of the components and of the log shifts.
    basis
        (num_components, num_pairs * num_ell) principal components of log C_ell.
    offset_cl, offset_shift
        (num_pairs, num_ell) and (num_bins,) means of log C_ell and log lambda.
    ell
        (num_ell,) multipoles.
    degree
        Total degree of the polynomial.
    survey, num_pixels
        Name of the survey and side of the maps that the fit belongs to.
    """

    coefficients: Array
    basis: Array
    offset_cl: Array
    offset_shift: Array
    ell: Array
    degree: int
    survey: str
    num_pixels: int

    def __call__(self, theta: Float[ArrayLike, " 6"]) -> tuple[Float[Array, "pairs ell"], Float[Array, " bins"]]:
        """Return log C_ell of shape (num_pairs, num_ell) and the shift lambda of shape (num_bins,)."""
        features = _features(jnp.asarray(theta), self.degree, jnp)
        outputs = jnp.matmul(features, self.coefficients, precision=HIGHEST)
        num_components = self.basis.shape[0]
        spectra = jnp.matmul(outputs[:num_components], self.basis, precision=HIGHEST)
        log_cl = self.offset_cl + spectra.reshape(self.offset_cl.shape)
        return log_cl, jnp.exp(self.offset_shift + outputs[num_components:])


def default_degree(num_points: int) -> int:
    """Return the largest degree, at most 7, with two points or more per term."""
    terms = [math.comb(len(PARAMETER_NAMES) + degree, degree) for degree in range(1, MAX_DEGREE + 1)]
    return max(1, sum(2 * count <= num_points for count in terms))


def fit_surrogate(
    theta: Float[np.ndarray, "num 6"],
    log_cl: Float[np.ndarray, "num pairs ell"],
    log_shift: Float[np.ndarray, "num bins"],
    *,
    ell: Float[np.ndarray, " ell"],
    survey: str,
    num_pixels: int,
    degree: int | None = None,
    num_components: int = 48,
) -> Surrogate:
    """Fit the surrogate to exact spectra by ridge regression on Chebyshev products; deterministic.

    Parameters
    ----------
    theta
        (num, 6) points, as `draw_training` gives them.
    log_cl, log_shift
        (num, num_pairs, num_ell) and (num, num_bins) exact log C_ell and log lambda there.
    ell
        (num_ell,) multipoles.
    survey, num_pixels
        What the spectra belong to.
    degree
        Total degree; `default_degree` if None.
    num_components
        Principal components of log C_ell that are kept.

    Returns
    -------
    Surrogate
        The fit, in float32.

    Raises
    ------
    ValueError
        Where there are fewer points than terms.
    """
    num = len(theta)
    degree = default_degree(num) if degree is None else degree
    features = _features(np.asarray(theta, np.float64), degree, np)
    if num < features.shape[1]:
        raise ValueError(f"{num} points cannot fix {features.shape[1]} terms of degree {degree}; raise num_training")
    spectra = log_cl.reshape(num, -1)
    offset_cl, offset_shift = spectra.mean(0), log_shift.mean(0)
    basis = np.linalg.svd(spectra - offset_cl, full_matrices=False)[2][:num_components]
    targets = np.concatenate([(spectra - offset_cl) @ basis.T, log_shift - offset_shift], axis=1)
    normal = features.T @ features
    normal[np.diag_indices_from(normal)] += RIDGE * np.trace(normal) / len(normal)
    coefficients = np.linalg.solve(normal, features.T @ targets)
    arrays = (coefficients, basis, offset_cl.reshape(log_cl.shape[1:]), offset_shift, ell)
    return Surrogate(*(jnp.asarray(value, jnp.float32) for value in arrays), degree, survey, num_pixels)


def accuracy(
    surrogate: Surrogate,
    theta: Float[np.ndarray, "num 6"],
    log_cl: Float[np.ndarray, "num pairs ell"],
    log_shift: Float[np.ndarray, "num bins"],
) -> pd.DataFrame:
    """Compare the surrogate with exact spectra at points that it has not seen.

    Parameters
    ----------
    surrogate
        The fit.
    theta, log_cl, log_shift
        Fresh draws of the prior, `draw_prior`, and the exact theory there.

    Returns
    -------
    pd.DataFrame
        Columns pair (``1 x 1``, ..., then ``shift 1``, ...), median, q95, q99, max: quantiles over points and multipoles
        of |surrogate / exact - 1| in percent.
    """
    predicted_cl, shift = jax.jit(jax.vmap(surrogate))(jnp.asarray(theta, jnp.float32))
    errors_cl = 100.0 * np.abs(np.expm1(np.asarray(predicted_cl, np.float64) - log_cl))
    errors_shift = 100.0 * np.abs(np.asarray(shift, np.float64) / np.exp(log_shift) - 1.0)
    pairs = [f"{i + 1} x {j + 1}" for i, j in zip(*np.triu_indices(log_shift.shape[1]), strict=True)]
    rows = dict(zip(pairs, np.moveaxis(errors_cl, 1, 0), strict=True))
    rows |= {f"shift {i + 1}": values for i, values in enumerate(errors_shift.T)}
    quantiles = {name: np.quantile(values, [0.5, 0.95, 0.99, 1.0]) for name, values in rows.items()}
    table = pd.DataFrame.from_dict(quantiles, orient="index", columns=["median", "q95", "q99", "max"])
    return table.rename_axis("pair").reset_index()


def save(path: str | PathLike, surrogate: Surrogate) -> None:
    """Write the surrogate as safetensors and, beside it, its settings as JSON."""
    arrays = {name: getattr(surrogate, name) for name in _ARRAYS}
    settings = {"degree": surrogate.degree, "survey": surrogate.survey, "num_pixels": surrogate.num_pixels}
    io.save_params(path, arrays, settings)


def load(path: str | PathLike) -> Surrogate:
    """Read a surrogate written by `save`."""
    arrays, settings = io.load_params(path)
    return Surrogate(**arrays, **settings)


_ARRAYS = ("coefficients", "basis", "offset_cl", "offset_shift", "ell")
