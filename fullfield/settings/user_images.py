"""Images among a user's simulations: shape, declared noise and symmetries, the latter held against the data."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from fullfield.symmetries import FLIP, ROLL, ROTATE, SYMMETRIES

DECLARED = ("symmetries", "noise_sigma")
"""Arrays that say that x holds images."""
FALSE_ALARM = 1e-4
"""Probability that a true declaration is refused, over all symmetries."""
MAX_TESTED = 4000
CHUNK = 500
SMALLEST = 8


class Images(NamedTuple):
    """Images and what is declared of them."""

    x: np.ndarray
    """(n, bins, N, N)."""
    symmetries: tuple[str, ...]
    noise_sigma: np.ndarray | None
    """(bins,) standard deviation per pixel of white noise that x lacks; None where x has its noise."""


def check_images(arrays: Mapping[str, np.ndarray], name: str) -> Images:
    """Return the images of a user's simulations, if they are what the file declares.

    Parameters
    ----------
    arrays
        ``x`` (n, bins, N, N) or (n, N, N); ``symmetries``, names out of `symmetries.SYMMETRIES`; ``noise_sigma``, one
        number or one of each bin.
    name
        File name, for the messages.

    Raises
    ------
    ValueError
        Naming the file, what was given and what is allowed.
    """
    x = arrays["x"]
    given = x.shape
    if x.ndim == 3:
        x = x[:, None]
    if x.ndim != 4 or x.shape[2] != x.shape[3] or x.shape[2] % 2 or x.shape[2] < SMALLEST:
        raise ValueError(
            f"{name}: x has shape {given}; with {' or '.join(DECLARED)}, x holds square images: (n, bins, N, N) or"
            f" (n, N, N) is allowed, N even and at least {SMALLEST}"
        )
    if len(constant := np.flatnonzero(np.ptp(x, axis=(0, 2, 3)) == 0)):
        raise ValueError(f"{name}: bins {constant.tolist()} of x are constant; every bin must vary")
    return Images(x, _symmetries(arrays.get("symmetries"), name), _noise_sigma(arrays.get("noise_sigma"), x, name))


def check_symmetries(images: Images, name: str, seed: int = 0) -> None:
    """Refuse symmetries that the images contradict.

    Each image is compared with its mirror images (or turned ones, or shifted ones drawn at random): where the law has
    the symmetry, its statistics and theirs differ by zero on average, which Hotelling's T^2 tests. The statistics are
    means, products of neighbours and skewed ones of them, alone and against waves along either axis, and products
    across the edges.

    Raises
    ------
    ValueError
        Naming the file and the symmetry, at a false alarm of `FALSE_ALARM`.
    """
    rng = np.random.default_rng(seed)
    tested = images.x[:MAX_TESTED]
    mean, std = tested.mean((0, 2, 3), keepdims=True), tested.std((0, 2, 3), keepdims=True)
    for symmetry in images.symmetries:
        differences, scales = [], []
        for start in range(0, len(tested), CHUNK):
            x = ((tested[start : start + CHUNK] - mean) / std).astype(np.float32)
            own, moved = _statistics(x), [_statistics(one) for one in _MOVES[symmetry](rng, x)]
            differences.append(own - np.mean(moved, axis=0))
            scales.append(own)
        p_value = _hotelling(np.concatenate(differences), np.concatenate(scales).std(0))
        if p_value < FALSE_ALARM / len(SYMMETRIES):
            raise ValueError(
                f"{name}: symmetries hold {symmetry!r}, but the images do not look the same after a {symmetry}"
                f" (p = {p_value:.1e}); leave it out"
            )


def _symmetries(declared: np.ndarray | None, name: str) -> tuple[str, ...]:
    entries = [] if declared is None else np.ravel(declared).tolist()
    names = tuple(entry.decode() if isinstance(entry, bytes) else str(entry) for entry in entries)
    if not set(names) <= set(SYMMETRIES) or len(set(names)) < len(names):
        raise ValueError(f"{name}: symmetries are {list(names)}; allowed: {', '.join(SYMMETRIES)}, each once")
    return names


def _noise_sigma(declared: np.ndarray | None, x: np.ndarray, name: str) -> np.ndarray | None:
    if declared is None:
        return None
    values = np.ravel(declared)
    is_number = np.issubdtype(values.dtype, np.floating) or np.issubdtype(values.dtype, np.integer)
    if len(values) not in (1, x.shape[1]) or not is_number or not (np.isfinite(values) & (values > 0)).all():
        raise ValueError(
            f"{name}: noise_sigma is {np.asarray(declared).tolist()}; allowed: one positive number, or one for each of"
            f" the {x.shape[1]} bins"
        )
    return np.broadcast_to(values, x.shape[1]).astype(np.float32)


def _roll(rng: np.random.Generator, x: np.ndarray) -> list[np.ndarray]:
    shifts = rng.integers(1, x.shape[-1], (len(x), 2))
    return [np.stack([np.roll(one, shift, (1, 2)) for one, shift in zip(x, shifts, strict=True)])]


def _flip(rng: np.random.Generator, x: np.ndarray) -> list[np.ndarray]:
    return [x[:, :, ::-1], x[:, :, :, ::-1]]


def _rotate(rng: np.random.Generator, x: np.ndarray) -> list[np.ndarray]:
    return [np.rot90(x, turns, (2, 3)) for turns in (1, 2, 3)]


_MOVES = {ROLL: _roll, FLIP: _flip, ROTATE: _rotate}


def _statistics(x: np.ndarray) -> np.ndarray:
    """(n, k) statistics of standardised images that a move may change, averaged over bins."""
    here, right, down = x[..., :-1, :-1], x[..., :-1, 1:], x[..., 1:, :-1]
    across, back = x[..., 1:, 1:], x[..., 1:, :-1] * x[..., :-1, 1:]
    fields = [here, here**2, here * right, here * down, here * across, back]
    fields += [here**2 * right, here * right**2, here**2 * down, here * down**2]
    size = x.shape[-1]
    # Centred on the image, so that moves turn waves into waves.
    angle = np.pi * (2 * np.arange(size - 1) + 2 - size) / size
    waves = np.stack([np.ones_like(angle), np.cos(angle), np.sin(angle)]).astype(np.float32)
    by_row = np.stack([field.mean((1, 3)) @ waves.T for field in fields], axis=1)
    by_column = np.stack([field.mean((1, 2)) @ waves[1:].T for field in fields], axis=1)
    seams = [(x[..., 0] * x[..., -1]).mean((1, 2)), (x[..., 0, :] * x[..., -1, :]).mean((1, 2))]
    return np.concatenate([by_row.reshape(len(x), -1), by_column.reshape(len(x), -1), np.stack(seams, 1)], axis=1)


def _hotelling(differences: np.ndarray, scales: np.ndarray) -> float:
    """Return the p-value of a mean of zero, in the directions in which the differences vary."""
    from scipy.special import fdtrc  # most runs have no images

    d = (differences / np.where(scales > 0, scales, 1.0)).astype(np.float64)
    values, vectors = np.linalg.eigh(np.cov(d.T))
    # What a move leaves alone differs by rounding errors.
    kept = values > 1e-6 * values.max()
    count, size = len(d), int(kept.sum())
    t_squared = count * np.sum((d.mean(0) @ vectors[:, kept]) ** 2 / values[kept])
    return float(fdtrc(size, count - size, t_squared * (count - size) / (size * (count - 1))))
