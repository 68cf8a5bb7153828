"""Which cheap simulation goes with which expensive one, in a batch of each."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from fullfield.types import Float, Int


class Bank(NamedTuple):
    """Simulations of one simulator."""

    theta: Float[np.ndarray, "simulation p"]
    x: Float[np.ndarray, "simulation ..."]

    def rows(self, index: Int[np.ndarray, " batch"]) -> "Bank":
        """Return some of them."""
        return Bank(self.theta[index], self.x[index])


class Pairing(NamedTuple):
    """A way of pairing."""

    match: Callable[[Bank, Bank, float], Int[np.ndarray, " batch"]]
    """(source, target, beta) -> for each simulation of the source the row of the target that it goes with."""
    is_oracle: bool = False
    """Rows of both banks belong together, by the same initial conditions, and are drawn together: no emulator has
    such pairs, a test of one may."""


def cost(source: Bank, target: Bank, beta: float) -> Float[np.ndarray, "batch batch"]:
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
    x, y = (np.asarray(bank.x, np.float64).reshape(len(bank.x), -1) for bank in (source, target))
    distances = cdist(x, y, "sqeuclidean")
    return distances / distances.mean() + beta * cdist(source.theta, target.theta, "sqeuclidean")


def assign(source: Bank, target: Bank, beta: float) -> Int[np.ndarray, " batch"]:
    """Return the exact assignment of least total cost: optimal transport between the two batches.

    Raises
    ------
    ValueError
        Where the batches are not equally large, or a cost is not finite.
    """
    if len(source.x) != len(target.x):
        raise ValueError(f"batches of {len(source.x)} and {len(target.x)} simulations cannot be paired one to one")
    costs = cost(source, target, beta)
    if not np.isfinite(costs).all():
        raise ValueError("simulations that are not finite cannot be paired")
    return linear_sum_assignment(costs)[1]


def as_drawn(source: Bank, target: Bank, beta: float) -> Int[np.ndarray, " batch"]:
    """Return the order in which the batches were drawn."""
    return np.arange(len(source.x))


PAIRINGS = {"optimal": Pairing(assign), "independent": Pairing(as_drawn), "oracle": Pairing(as_drawn, is_oracle=True)}


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Pairs of rows of two banks, drawn again and again; the last rows of each are held out.

    Attributes
    ----------
    banks
        Of the source and of the target.
    pairing
        A key of `PAIRINGS`.
    beta
        Weight of the parameters in the cost.
    batch_size, num_held
        Rows of each bank that are paired with each other, and that are held out.
    seed
        Of all draws.

    Raises
    ------
    ValueError
        For an unknown pairing, or a bank too small for a batch beside what is held out.
    """

    banks: tuple[Bank, Bank]
    pairing: str
    beta: float
    batch_size: int
    num_held: int
    seed: tuple[int, ...]

    def __post_init__(self):
        if self.pairing not in PAIRINGS:
            raise ValueError(f"pairing is {self.pairing!r}; allowed are {', '.join(sorted(PAIRINGS))}")
        for name, bank in zip(("first", "second"), self.banks, strict=True):
            if len(bank.x) < self.batch_size + self.num_held:
                raise ValueError(
                    f"the {name} bank has {len(bank.x)} simulations; a batch of {self.batch_size} beside"
                    f" {self.num_held} that are held out takes more"
                )

    def batches(self, index: int, num: int) -> Int[np.ndarray, "batch side row"]:
        """Return batches of a round, of both banks."""
        rng = np.random.default_rng([*self.seed, 0, index])
        return np.stack(
            [self._draw(rng, [(0, len(bank.x) - self.num_held) for bank in self.banks]) for _ in range(num)]
        )

    def held(self) -> Int[np.ndarray, "side row"]:
        """Return about as many pairs as rows are held out, of these alone."""
        rng, num = np.random.default_rng([*self.seed, 1]), max(1, self.num_held // self.batch_size)
        bounds = [(len(bank.x) - self.num_held, len(bank.x)) for bank in self.banks]
        return np.concatenate([self._draw(rng, bounds) for _ in range(num)], axis=1)

    def _draw(self, rng: np.random.Generator, bounds: list[tuple[int, int]]) -> np.ndarray:
        chosen = PAIRINGS[self.pairing]
        first, second = (rng.integers(*own, self.batch_size) for own in bounds)
        second = first if chosen.is_oracle else second
        source, target = self.banks
        return np.stack([first, second[chosen.match(source.rows(first), target.rows(second), self.beta)]])
