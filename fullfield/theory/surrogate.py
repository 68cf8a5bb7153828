r"""A fast, differentiable stand-in for the exact spectra: theta -> (log C_ell^ij, lambda_i) in float32.

A polynomial of total degree d in warped and bounded coordinates of theta, fitted by least squares in float64 to
exact spectra over the prior. It predicts log shifts and the Cholesky factor of the bins' covariance at every multipole,
C_ell = L L^T, as principal components of log L_ij: whatever the error of the fit, C_ell is positive definite.
Everything is relative to its mean, so that float32 rounding stays far below the error of the fit.
"""

import dataclasses
import functools
import math
from os import PathLike
from types import ModuleType

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield import io
from fullfield.precision import full_precision
from fullfield.survey import Survey
from fullfield.theory.coordinates import coordinates, draw_prior, draw_training
from fullfield.theory.cosmology import PARAMETER_NAMES
from fullfield.types import Array, ArrayLike, Float

__all__ = ["Surrogate", "accuracy", "default_degree", "draw_prior", "draw_training", "fit_surrogate", "load", "save"]

MAX_DEGREE = 7
RIDGE = 1e-10


@functools.cache
def _exponents(degree: int) -> np.ndarray:
    """(num_terms, 6) exponents of total degree <= d."""
    grid = np.indices((degree + 1,) * len(PARAMETER_NAMES)).reshape(len(PARAMETER_NAMES), -1).T
    return grid[grid.sum(1) <= degree]


def _features(theta: ArrayLike, degree: int, xp: ModuleType) -> ArrayLike:
    """Products of Chebyshev polynomials of the coordinates, (..., num_terms)."""
    v = coordinates(theta, xp)
    chebyshev = [xp.ones_like(v), v]
    for _ in range(degree - 1):
        chebyshev.append(2.0 * v * chebyshev[-1] - chebyshev[-2])
    table = xp.stack(chebyshev, axis=-1)  # (..., 6, degree + 1)
    factors = (table[..., p, exponents] for p, exponents in enumerate(_exponents(degree).T))
    return math.prod(factors)


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["coefficients", "basis", "offset_factor", "offset_shift", "ell"],
    meta_fields=["degree", "survey", "num_pixels", "exact"],
)
@dataclasses.dataclass(frozen=True, eq=False)
class Surrogate:
    """theta -> (log C_ell, lambda), a registered pytree; made by `fit_surrogate`.

    Attributes
    ----------
    coefficients
        (num_terms, num_components + num_bins) coefficients of the components and of the log shifts.
    basis
        (num_components, num_pairs * num_ell) principal components of log L_ij.
    offset_factor, offset_shift
        (num_pairs, num_ell) and (num_bins,) means of log L_ij, j <= i row by row, and of log lambda.
    ell
        (num_ell,) multipoles.
    degree
        Total degree of the polynomial.
    survey, num_pixels
        Survey and side of the maps that the fit belongs to.
    exact
        Whether simulator and likelihood use exact spectra in its place (key ``theory`` of the configuration).
    """

    coefficients: Array
    basis: Array
    offset_factor: Array
    offset_shift: Array
    ell: Array
    degree: int
    survey: Survey
    num_pixels: int
    exact: bool = False

    @full_precision
    def __call__(self, theta: Float[ArrayLike, " 6"]) -> tuple[Float[Array, "pairs ell"], Float[Array, " bins"]]:
        """Return log C_ell of shape (num_pairs, num_ell) and the shift lambda of shape (num_bins,)."""
        features = _features(jnp.asarray(theta), self.degree, jnp)
        outputs = features @ self.coefficients
        num_components = self.basis.shape[0]
        change = outputs[:num_components] @ self.basis
        log_factor = self.offset_factor + change.reshape(self.offset_factor.shape)
        return _to_spectra(log_factor), jnp.exp(self.offset_shift + outputs[num_components:])


def _to_factor(log_cl: Float[np.ndarray, "num pairs ell"]) -> Float[np.ndarray, "num pairs ell"]:
    """Return log L_ij, j <= i row by row, of C_ell = L L^T.

    Lensing kernels are nested: a bin and a nearer one share structure whatever the still nearer ones see, so L_ij > 0.
    """
    num_bins = _num_bins(log_cl.shape[1])
    first, second = np.triu_indices(num_bins)
    matrices = np.empty((log_cl.shape[0], log_cl.shape[2], num_bins, num_bins))
    matrices[..., first, second] = matrices[..., second, first] = np.exp(np.moveaxis(log_cl, 1, 2))
    try:
        entries = np.linalg.cholesky(matrices)[(..., *np.tril_indices(num_bins))]
    except np.linalg.LinAlgError:
        raise ValueError("the spectra of a training point are not positive definite; check the survey's bins") from None
    if not np.all(entries > 0):
        raise ValueError(f"{np.sum(entries <= 0)} entries of the Cholesky factors of the spectra are not positive")
    return np.moveaxis(np.log(entries), 2, 1)


def _to_spectra(log_factor: Float[Array, "pairs ell"]) -> Float[Array, "pairs ell"]:
    """Return log C_ell, pairs (0, 0), (0, 1), ..., from log L_ij, j <= i row by row."""
    num_bins = _num_bins(log_factor.shape[0])
    entries = dict(zip(zip(*np.tril_indices(num_bins), strict=True), jnp.exp(log_factor), strict=True))
    pairs = zip(*np.triu_indices(num_bins), strict=True)
    return jnp.log(jnp.stack([sum(entries[i, k] * entries[j, k] for k in range(i + 1)) for i, j in pairs]))


def _num_bins(num_pairs: int) -> int:
    return (math.isqrt(8 * num_pairs + 1) - 1) // 2


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
    survey: Survey,
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
        Principal components of log L_ij that are kept.

    Returns
    -------
    Surrogate
        The fit, in float32.

    Raises
    ------
    ValueError
        Where there are fewer points than terms, or spectra without a Cholesky factor of positive entries.
    """
    num = len(theta)
    degree = default_degree(num) if degree is None else degree
    features = _features(np.asarray(theta, np.float64), degree, np)
    if num < features.shape[1]:
        raise ValueError(f"{num} points cannot fix {features.shape[1]} terms of degree {degree}; raise num_training")
    factors = _to_factor(log_cl).reshape(num, -1)
    offset_factor, offset_shift = factors.mean(0), log_shift.mean(0)
    basis = np.linalg.svd(factors - offset_factor, full_matrices=False)[2][:num_components]
    targets = np.concatenate([(factors - offset_factor) @ basis.T, log_shift - offset_shift], axis=1)
    normal = features.T @ features
    normal[np.diag_indices_from(normal)] += RIDGE * np.trace(normal) / len(normal)
    coefficients = np.linalg.solve(normal, features.T @ targets)
    arrays = (coefficients, basis, offset_factor.reshape(log_cl.shape[1:]), offset_shift, ell)
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
        Columns pair (``1 x 1``, ..., then ``shift 1``, ...), median, q95, q99, max: quantiles over points and
        multipoles of |surrogate / exact - 1| in percent.
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
    """Write the surrogate as safetensors and, beside it, its settings as JSON, the whole survey among them."""
    arrays = {name: getattr(surrogate, name) for name in _ARRAYS}
    settings = {name: getattr(surrogate, name) for name in _SETTINGS}
    io.save_params(path, arrays, {**settings, "survey": dataclasses.asdict(surrogate.survey)})


def load(path: str | PathLike) -> Surrogate:
    """Read a surrogate written by `save`."""
    arrays, settings = io.load_params(path)
    return Surrogate(**arrays, **{**settings, "survey": Survey.from_mapping(settings["survey"])})


_SETTINGS = ("degree", "num_pixels", "exact")
_ARRAYS = ("coefficients", "basis", "offset_factor", "offset_shift", "ell")
