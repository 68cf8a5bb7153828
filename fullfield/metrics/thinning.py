"""Rows of chains for tests that need distinct, nearly independent ones."""

import numpy as np

from fullfield.metrics.chains import check_draws, smallest_ess
from fullfield.types import ArrayLike, Float

MAX_REPEATED = 0.02
"""Largest share of a thinned chain that repeats an earlier row and is dropped."""


def thin(draws: Float[ArrayLike, "chain draw parameter"], num_rows: int) -> Float[np.ndarray, "row parameter"]:
    """Thin chains to distinct, nearly independent rows, evenly spaced: row i is draw floor((i + 1/2) T / n) of all T.

    n = min(num_rows, smallest bulk or tail effective sample size over the parameters). A kernel that rejects proposals
    repeats its state. Within the selection the repeats are dropped if they are no more than 2 % of it, so that the
    weight of no region changes by more; else n is lowered until that holds.

    Parameters
    ----------
    draws
        Chains after warm-up.
    num_rows
        Most rows wanted.

    Returns
    -------
    Float[np.ndarray, "row parameter"]
        At most `num_rows` rows, in the order of the chains; the caller reports how many.

    Raises
    ------
    ValueError
        If a draw is not finite.
    """
    draws = check_draws(draws)
    rows = draws.reshape(-1, draws.shape[-1])
    count = max(1, min(num_rows, int(smallest_ess(draws)), len(rows)))
    while True:
        picked = rows[evenly(len(rows), count)]
        kept = without_repeats(picked)
        if len(kept) >= (1.0 - MAX_REPEATED) * count:
            return kept
        count = count * 19 // 20


def thin_alike(
    first: Float[ArrayLike, "chain draw parameter"],
    second: Float[ArrayLike, "other_chain other_draw parameter"],
    num_rows: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Thin two sets of chains to equally many rows, as many as the poorer one gives."""
    one, other = thin(first, num_rows), thin(second, num_rows)
    count = min(len(one), len(other))
    return one[evenly(len(one), count)], other[evenly(len(other), count)]


def distinct(draws: Float[ArrayLike, "row parameter"]) -> Float[np.ndarray, "kept parameter"]:
    """Drop rows that repeat an earlier one, as draws of a chain that has rejected a proposal do.

    Raises
    ------
    ValueError
        Where more than 2 % are repeated: without them the weight of regions would change.
    """
    draws = np.asarray(draws)
    kept = without_repeats(draws)
    if len(kept) < (1.0 - MAX_REPEATED) * len(draws):
        raise ValueError(
            f"{len(draws) - len(kept)} of {len(draws)} draws are repeated; at most {MAX_REPEATED:.0%} may be"
        )
    return kept


def evenly(length: int, count: int) -> np.ndarray:
    """Return `count` indices evenly spaced below `length`, floor((i + 1/2) length / count)."""
    return ((np.arange(count) + 0.5) * length / count).astype(int)


def without_those_of(
    rows: Float[ArrayLike, "row parameter"], others: Float[ArrayLike, "other parameter"]
) -> Float[np.ndarray, "kept parameter"]:
    """Drop rows that another set holds, too: in one dimension two numbers in single precision are easily the same."""
    rows, others = np.asarray(rows), np.asarray(others)
    _, first, inverse = np.unique(np.concatenate([others, rows]), axis=0, return_index=True, return_inverse=True)
    return rows[first[np.ravel(inverse)[len(others) :]] >= len(others)]


def without_repeats(rows: Float[ArrayLike, "row parameter"]) -> Float[np.ndarray, "kept parameter"]:
    """Return the first of equal rows, in the order of the rows."""
    rows = np.asarray(rows)
    return rows[np.sort(np.unique(rows, axis=0, return_index=True)[1])]
