"""Which cheap simulation goes with which expensive one, in a batch of each."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from fullfield.emulator.torus import alignment
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
    shifts: Int[np.ndarray, "batch 2"] | int = 0
    """By which those maps are moved, pixels."""


class Pairing(NamedTuple):
    """A way of pairing."""

    match: Callable[[Bank, Bank, float], Matched]
    """(source, target, beta) -> pairs of a batch."""
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


def assign(source: Bank, target: Bank, beta: float) -> Matched:
    """Return the exact assignment of least total cost: optimal transport between the two batches.

    Raises
    ------
    ValueError
        Where the batches are not equally large, or a cost is not finite.
    """
    return Matched(_least(cost(source, target, beta)))


def assign_aligned(source: Bank, target: Bank, beta: float) -> Matched:
    r"""Return the exact assignment where maps on a torus may be shifted onto each other.

    .. math:: c_{ij} = \min_T |x_i - T x'_j|^2 / \langle |x - x'|^2 \rangle + \beta |\theta_i - \theta'_j|^2

    A law that shifts leave as it is has been moved at random before, so that both margins stay what they are (Klein et
    al. 2023, arXiv:2306.15030).
    """
    distances, shifts = alignment(source.x, target.x)
    costs = distances / _distances(source, target).mean() + beta * _parameter_distances(source, target)
    rows = _least(costs)
    return Matched(rows, shifts[np.arange(len(rows)), rows])


def assign_within(source: Bank, target: Bank, beta: float) -> Matched:
    """Return the assignment of `assign_aligned` among maps at the same parameters, whatever beta."""
    return assign_aligned(source, target, WITHIN)


def as_drawn(source: Bank, target: Bank, beta: float) -> Matched:
    """Return the order in which the batches were drawn."""
    return Matched(np.arange(len(source.x)))


WITHIN = 1e6
"""Weight of the parameters that lets only equal ones be paired."""
PAIRINGS = {
    "aligned": Pairing(assign_aligned),
    "independent": Pairing(as_drawn),
    "optimal": Pairing(assign),
    "oracle": Pairing(as_drawn, is_oracle=True),
    "stratified": Pairing(assign_within, is_stratified=True),
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
