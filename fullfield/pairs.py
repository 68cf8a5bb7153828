"""Pairs of tomographic bins: their order, in every spectrum, and their number."""

import numpy as np


def pair_indices(num_bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (i, j) of the pairs i <= j in the order (0, 0), (0, 1), ..., (n-1, n-1), n = num_bins."""
    return np.triu_indices(num_bins)


def num_bins_of(num_pairs: int) -> int:
    """Return the number of bins n whose pairs number n (n + 1) / 2."""
    num_bins = int(round((np.sqrt(8 * num_pairs + 1) - 1) / 2))
    if num_bins * (num_bins + 1) // 2 != num_pairs:
        raise ValueError(f"{num_pairs} pairs of bins given; n (n + 1) / 2 are needed, such as 1, 3, 6, 10 or 15")
    return num_bins
