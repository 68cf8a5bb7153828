"""Classifier two-sample test (C2ST): how well a network tells samples from the reference posterior."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from fullfield.metrics.thinning import thin_alike
from fullfield.types import ArrayLike, Float

NUM_FOLDS = 5
MIN_ROWS = 50


class C2ST(NamedTuple):
    """Accuracy of the classifier.

    Attributes
    ----------
    accuracy
        Held-out accuracy, 0.5 where the two laws are the same.
    standard_error
        sqrt(a (1 - a) / 2n), binomial, for the 2n held-out rows. The scatter of the training comes on top: at n = 1 000
        the standard deviation over data sets of one law is 1.0 times this in 2-d and 1.2 times in 6-d.
    num_rows
        n, rows of each of the two sets. Below 50 no classifier is trained, and the two numbers are NaN.
    """

    accuracy: float
    standard_error: float
    num_rows: int

    @property
    def remark(self) -> str:
        """Say why there is no accuracy; nothing where there is one."""
        if self.num_rows >= MIN_ROWS:
            return ""
        return f"{self.num_rows} rows a side are too few for a classifier; {MIN_ROWS} are needed"


def c2st(
    samples: Float[ArrayLike, "row parameter"],
    reference: Float[ArrayLike, "reference_row reference_parameter"],
    *,
    seed: int,
    early_stopping: bool = True,
) -> C2ST:
    """Return the held-out accuracy of a classifier between samples and the reference.

    accuracy = mean over the 2n rows of [class predicted without that row's fold = class], in 5 stratified folds, for a
    network of two hidden layers of 10 d units (d parameters), relu, on rows z-scored by the reference, and stopped
    early on a tenth of the training rows. For two unit Gaussians delta apart it is Phi(delta / 2), less up to 0.01 for
    want of training rows (n = 1 000). Without early stopping, the classifier of sbibm overfits 2 000 rows and does
    not see a shift of a quarter sigma.

    Parameters
    ----------
    samples, reference
        Two sets of equally many distinct, independent rows; chains are thinned with `thinning.thin` first.
    seed
        Fixes folds, initial weights and batches: the same seed gives the identical result.
    early_stopping
        False trains until the training loss stands still, as sbibm does.

    Returns
    -------
    C2ST
        With NaN and a remark in place of the accuracy where there are fewer than 50 rows a set.

    Raises
    ------
    ValueError
        If the shapes differ, a value is not finite, a row occurs twice (within a set or between the two: it would be
        trained and tested on), or a parameter of the reference is constant.

    References
    ----------
    Lopez-Paz & Oquab (2017), ICLR, section 3; Lueckmann et al. (2021), AISTATS, appendix M.
    """
    samples, reference = np.asarray(samples, np.float64), np.asarray(reference, np.float64)
    _check(samples, reference)
    if len(reference) < MIN_ROWS:
        return C2ST(math.nan, math.nan, len(reference))
    rows = (np.concatenate([reference, samples]) - reference.mean(axis=0)) / reference.std(axis=0)
    num_rows, dim = reference.shape
    classifier = MLPClassifier(
        hidden_layer_sizes=(10 * dim, 10 * dim),
        activation="relu",
        early_stopping=early_stopping,
        n_iter_no_change=20 if early_stopping else 10,
        max_iter=1000,
        random_state=seed,
    )
    folds = StratifiedKFold(NUM_FOLDS, shuffle=True, random_state=seed)
    # One thread: the matrices are small, and the order of a threaded sum would depend on the machine's load.
    with threadpool_limits(limits=1):
        accuracy = float(np.mean(cross_val_score(classifier, rows, np.repeat([0, 1], num_rows), cv=folds)))
    return C2ST(accuracy, float(np.sqrt(accuracy * (1.0 - accuracy) / (2 * num_rows))), num_rows)


def _check(samples: np.ndarray, reference: np.ndarray) -> None:
    if samples.shape != reference.shape:
        raise ValueError(f"samples have shape {samples.shape} and the reference {reference.shape}; they must be equal")
    rows = np.concatenate([reference, samples])
    if not np.isfinite(rows).all():
        raise ValueError(f"{(~np.isfinite(rows).all(axis=1)).sum()} rows are not finite")
    num_repeated = len(rows) - len(np.unique(rows, axis=0))
    if num_repeated:
        raise ValueError(f"{num_repeated} of {len(rows)} rows are repeated: one copy could train what the other tests")
    if (reference.std(axis=0) == 0.0).any():
        raise ValueError(f"parameters {np.flatnonzero(reference.std(axis=0) == 0.0)} of the reference are constant")


def shifted(
    reference: Float[ArrayLike, "row parameter"],
    mahalanobis: float | int = 0.25,
    *,
    direction: Float[ArrayLike, " parameter"] | None = None,
) -> Float[np.ndarray, "row parameter"]:
    """Shift every row by a vector delta of given Mahalanobis length, sqrt(delta^T Sigma^-1 delta) = mahalanobis.

    For a Gaussian the best accuracy against the unshifted law is Phi(mahalanobis / 2), whatever the direction. The
    result holds the same rows, moved: compare it with an independent part of the reference.

    Parameters
    ----------
    reference
        Rows whose covariance is Sigma.
    mahalanobis
        Length of the shift, in sigma.
    direction
        Direction of delta in the parameters' own units. By default sigma_i (R^(1/2) (1, ..., 1))_i, with the symmetric
        root of the correlation matrix R: the same shift of every whitened parameter, whatever the units.

    Returns
    -------
    Float[np.ndarray, "row parameter"]
        The shifted rows.
    """
    reference = np.asarray(reference, np.float64)
    scale = reference.std(axis=0, ddof=1)
    eigenvalues, vectors = np.linalg.eigh(np.atleast_2d(np.corrcoef(reference, rowvar=False)))
    root = (vectors * np.sqrt(eigenvalues)) @ vectors.T
    delta = root.sum(axis=1) if direction is None else np.asarray(direction, np.float64) / scale
    length = np.sqrt(delta @ ((vectors / eigenvalues) @ vectors.T) @ delta)
    return reference + mahalanobis / length * scale * delta


def c2st_null(draws: Float[ArrayLike, "chain draw parameter"], num_rows: int, *, seed: int) -> C2ST:
    """Return the accuracy between the first and the last half of the chains: what a perfect method would score.

    Parameters
    ----------
    draws
        At least two chains; of an odd number the middle one is left out.
    num_rows
        Most rows a side; each half has half the effective sample size of the whole.
    seed
        As in `c2st`.

    Returns
    -------
    C2ST

    Raises
    ------
    ValueError
        If there is a single chain, or `c2st` refuses the halves.
    """
    return _between_halves(draws, num_rows, seed, lambda rows: rows)


def c2st_shifted(
    draws: Float[ArrayLike, "chain draw parameter"], num_rows: int, *, seed: int, mahalanobis: float | int = 0.25
) -> C2ST:
    """Return the accuracy between one half of the chains and the other, `shifted` by `mahalanobis`; as `c2st_null`."""
    return _between_halves(draws, num_rows, seed, lambda rows: shifted(rows, mahalanobis))


def rows_of_halves(draws: Float[ArrayLike, "chain draw parameter"], num_rows: int) -> int:
    """Return how many rows a side `c2st_null` and `c2st_shifted` have; parameters and errors are theirs."""
    return len(_halves(draws, num_rows)[0])


def _between_halves(draws: ArrayLike, num_rows: int, seed: int, move: Callable[[np.ndarray], np.ndarray]) -> C2ST:
    first, last = _halves(draws, num_rows)
    return c2st(move(last), first, seed=seed)


def _halves(draws: ArrayLike, num_rows: int) -> tuple[np.ndarray, np.ndarray]:
    half = len(draws) // 2
    if half == 0:
        raise ValueError("one chain has no halves; two or more are needed")
    return thin_alike(draws[:half], draws[-half:], num_rows)
