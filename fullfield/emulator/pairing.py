"""Which cheap simulation goes with which expensive one, in a batch of each."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from fullfield.emulator.torus import Moves, alignment
from fullfield.types import Float, Int


class Bank(NamedTuple):
    """Simulations of one simulator."""

    theta: Float[np.ndarray, "simulation p"]
    x: Float[np.ndarray, "simulation ..."]

    def rows(self, index: Int[np.ndarray, " batch"]) -> "Bank":
        """Return some of them."""
        return Bank(self.theta[index], self.x[index])


class Matched(NamedTuple):
    """What goes with each simulation of a source."""

    rows: Int[np.ndarray, " batch"]
    """Of the target."""
    moves: Moves | None = None
    """Of those maps, where they are moved."""


class Pairing(NamedTuple):
    """A way of pairing."""

    match: Callable[[Bank, Bank, float, tuple[str, ...]], Matched]
    """(source, target, beta, symmetries) -> pairs of a batch."""
    is_aligned: bool = False
    """Whether maps of the target are moved onto those of the source by the symmetries, which have moved these."""
    is_stratified: bool = False
    """Whether both batches are drawn at the same parameters."""
    is_oracle: bool = False
    """Rows of both banks belong together, by the same initial conditions, and are drawn together: no emulator has
    such pairs, a test of one may."""


def cost(source: Bank, target: Bank, beta: float) -> Float[np.ndarray, "source target"]:
    r"""Return what it costs to pair each with each.

    .. math:: c_{ij} = |x_i - x'_j|^2 / \langle |x - x'|^2 \rangle + \beta |\theta_i - \theta'_j|^2

    The mean is over all pairs of the batch (Kerrigan et al. 2024, arXiv:2404.04240).

    Parameters
    ----------
    source, target
        A batch of each simulator, with parameters in the same units, of order one.
    beta
        Weight of the parameters: as it grows, only simulations at the same parameters are paired.
    """
    distances = _distances(source, target)
    return distances / distances.mean() + beta * _parameter_distances(source, target)


def assign(source: Bank, target: Bank, beta: float, symmetries: tuple[str, ...] = ()) -> Matched:
    """Return the exact assignment of least total cost: optimal transport between the two batches.

    Raises
    ------
    ValueError
        Where the batches are not equally large, or a cost is not finite.
    """
    return Matched(_least(cost(source, target, beta)))


def assign_aligned(source: Bank, target: Bank, beta: float, symmetries: tuple[str, ...]) -> Matched:
    r"""Return the exact assignment where maps on a torus may be moved onto each other.

    .. math:: c_{ij} = \min_T |x_i - T x'_j|^2 / \langle |x - x'|^2 \rangle + \beta |\theta_i - \theta'_j|^2

    over all moves T that leave the law of the maps as it is. Where the source has been moved at random before, both
    margins stay what they are (Klein et al. 2023, arXiv:2306.15030).
    """
    distances, moves = alignment(source.x, target.x, symmetries)
    rows = _least(distances / _distances(source, target).mean() + beta * _parameter_distances(source, target))
    return Matched(rows, moves[np.arange(len(rows)), rows])


def assign_within(source: Bank, target: Bank, beta: float, symmetries: tuple[str, ...]) -> Matched:
    """Return the assignments of `assign_aligned` among maps at the same parameters, which follow one another."""
    starts = np.flatnonzero(np.r_[True, (source.theta[1:] != source.theta[:-1]).any(axis=1)])
    groups = np.split(np.arange(len(source.x)), starts[1:])
    parts = [assign_aligned(source.rows(group), target.rows(group), 0.0, symmetries) for group in groups]
    rows = np.concatenate([group[part.rows] for group, part in zip(groups, parts, strict=True)])
    return Matched(rows, np.concatenate([part.moves for part in parts]))


def as_drawn(source: Bank, target: Bank, beta: float, symmetries: tuple[str, ...]) -> Matched:
    """Return the order in which the batches were drawn."""
    return Matched(np.arange(len(source.x)))


PAIRINGS = {
    "aligned": Pairing(assign_aligned, is_aligned=True),
    "independent": Pairing(as_drawn),
    "optimal": Pairing(assign),
    "oracle": Pairing(as_drawn, is_oracle=True),
    "stratified": Pairing(assign_within, is_aligned=True, is_stratified=True),
}


def _distances(source: Bank, target: Bank) -> np.ndarray:
    x, y = (np.asarray(bank.x, np.float64).reshape(len(bank.x), -1) for bank in (source, target))
    return cdist(x, y, "sqeuclidean")


def _parameter_distances(source: Bank, target: Bank) -> np.ndarray:
    return cdist(source.theta, target.theta, "sqeuclidean")


def _least(costs: np.ndarray) -> np.ndarray:
    if costs.shape[0] != costs.shape[1]:
        raise ValueError(f"batches of {costs.shape[0]} and {costs.shape[1]} simulations cannot be paired one to one")
    if not np.isfinite(costs).all():
        raise ValueError("simulations that are not finite cannot be paired")
    return linear_sum_assignment(costs)[1]
