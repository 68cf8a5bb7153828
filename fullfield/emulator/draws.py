"""Pairs of simulations for training, drawn again and again on the host."""

import dataclasses
from typing import NamedTuple

import numpy as np

from fullfield.emulator.pairing import PAIRINGS, Bank
from fullfield.emulator.torus import act, draw_moves
from fullfield.types import Int


@dataclasses.dataclass(frozen=True)
class PairSettings:
    """How pairs are drawn.

    Attributes
    ----------
    pairing
        A key of `PAIRINGS`.
    batch_size
        Simulations of each simulator that are paired with each other.
    beta
        Weight of the parameters in the cost.
    num_validation
        Simulations of each simulator, the last ones, that are held out.
    symmetries
        Of the laws of both simulators, a choice of `symmetries.SYMMETRIES`: every map is moved by one at every visit.
    """

    pairing: str = "optimal"
    batch_size: int = 64
    beta: float = 30.0
    num_validation: int = 512
    symmetries: tuple[str, ...] = ()


class Batch(NamedTuple):
    """Pairs; both sides have leading axes of two and of their number."""

    rows: Int[np.ndarray, "... 2 batch"]
    moves: Int[np.ndarray, "... 2 batch 5"]
    """As in `torus.act`."""


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Pairs of rows of two banks; the last rows of each are held out.

    Attributes
    ----------
    banks
        Of the source and of the target.
    settings
        How they are drawn.
    seed
        Of all draws.

    Raises
    ------
    ValueError
        For an unknown pairing, a bank too small for a batch beside what is held out, symmetries of what are no square
        maps, or banks that are not at the same parameters where these are to be the same.
    """

    banks: tuple[Bank, Bank]
    settings: PairSettings
    seed: tuple[int, ...]

    def __post_init__(self):
        settings = self.settings
        if settings.pairing not in PAIRINGS:
            raise ValueError(f"pairing is {settings.pairing!r}; allowed are {', '.join(sorted(PAIRINGS))}")
        for name, bank in zip(("first", "second"), self.banks, strict=True):
            if len(bank.x) < settings.batch_size + settings.num_validation:
                raise ValueError(
                    f"the {name} bank has {len(bank.x)} simulations; a batch of {settings.batch_size} beside"
                    f" {settings.num_validation} that are held out takes more"
                )
        shape = self.banks[0].x.shape[1:]
        are_maps = len(shape) == 2 and shape[0] == shape[1]
        if not are_maps and (settings.symmetries or PAIRINGS[settings.pairing].is_aligned):
            raise ValueError(f"simulations have shape {shape}; only square maps can be moved on a torus")
        if PAIRINGS[settings.pairing].is_stratified:
            _group_size(self.banks, settings)

    def batches(self, index: int, num: int) -> Batch:
        """Return batches of a round, of both banks."""
        rng = np.random.default_rng([*self.seed, 0, index])
        bounds = [(0, len(bank.x) - self.settings.num_validation) for bank in self.banks]
        made = [self._draw(rng, bounds, self.settings.batch_size) for _ in range(num)]
        return Batch(*(np.stack(parts) for parts in zip(*made, strict=True)))

    def held(self) -> Batch:
        """Return about as many pairs as rows are held out, of these alone."""
        settings, rng = self.settings, np.random.default_rng([*self.seed, 1])
        bounds = [(len(bank.x) - settings.num_validation, len(bank.x)) for bank in self.banks]
        size = min(settings.batch_size, settings.num_validation)
        made = [self._draw(rng, bounds, size) for _ in range(settings.num_validation // size)]
        return Batch(*(np.concatenate(parts, axis=1) for parts in zip(*made, strict=True)))

    def _draw(self, rng: np.random.Generator, bounds: list[tuple[int, int]], num: int) -> Batch:
        chosen, settings = PAIRINGS[self.settings.pairing], self.settings
        first, second = (rng.integers(*own, num) for own in bounds)
        if chosen.is_stratified:
            first = second = self._rows_of_groups(rng, bounds[0], num)
        shape = self.banks[0].x.shape
        side = shape[-1] if len(shape) == 3 else 1
        moves = [draw_moves(rng, num, side, settings.symmetries) for _ in range(2)]
        if chosen.is_oracle:
            second, moves[1] = first, moves[0]
        elif chosen.is_aligned:
            moves[1] = np.zeros_like(moves[1])
        seen = [
            _moved(bank.rows(rows), own) for bank, rows, own in zip(self.banks, (first, second), moves, strict=True)
        ]
        matched = chosen.match(*seen, settings.beta, settings.symmetries)
        other = moves[1][matched.rows] if matched.moves is None else matched.moves
        return Batch(np.stack([first, second[matched.rows]]), np.stack([moves[0], other]))

    def _rows_of_groups(self, rng: np.random.Generator, bounds: tuple[int, int], num: int) -> np.ndarray:
        size = _group_size(self.banks, self.settings)
        first, last = bounds[0] // size, bounds[1] // size
        groups = rng.choice(np.arange(first, last), num // size, replace=False)
        return (groups[:, None] * size + np.arange(size)).ravel()


def _moved(bank: Bank, moves: np.ndarray) -> Bank:
    return bank._replace(x=act(bank.x, moves)) if moves.any() else bank


def _group_size(banks: tuple[Bank, Bank], settings: PairSettings) -> int:
    """Return how many simulations in a row are at the same parameters, everywhere and in both banks."""
    theta = banks[0].theta
    size = int((theta == theta[0]).all(axis=1).argmin()) or len(theta)
    groups = theta[: len(theta) // size * size].reshape(-1, size, theta.shape[1])
    is_regular = len(theta) % size == 0 and (groups == groups[:, :1]).all()
    if not is_regular or theta.shape != banks[1].theta.shape or (theta != banks[1].theta).any():
        raise ValueError(
            "pairing 'stratified' needs both simulators at the same parameters, row by row, each point as often"
        )
    if settings.batch_size % size or settings.num_validation % size:
        raise ValueError(
            f"pairing 'stratified' needs batch_size and num_validation that {size} divides, the simulations at each"
            f" point; they are {settings.batch_size} and {settings.num_validation}"
        )
    return size
