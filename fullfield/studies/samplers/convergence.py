"""How fast chains converge, and whether samplers agree: curves against an independent reference, pairs of samplers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fullfield.metrics import c2st, chains, constraints, thinning
from fullfield.pipeline.diagnosis import Run

NUM_PERMUTATIONS = 20


def convergence_curve(run: Run, reference: np.ndarray, *, num_points: int, num_rows: int, seed: int) -> pd.DataFrame:
    """Return how close the first n draws of each chain come to an independent reference, against what they have cost.

    The C2ST takes the draws as they are, not thinned to independent ones: what is missing at small n is then seen as
    clumps, and a perfect score needs as many effective draws as rows.

    Parameters
    ----------
    run
        The chains, each judged on its own.
    reference
        (chain, draw, p) converged chains of another run, best of another sampler.
    num_points
        Values of n, evenly spaced in its logarithm, from 10 draws on.
    num_rows
        Most rows a side of the C2ST; fewer where there are fewer distinct draws.
    seed
        Integer seed of the classifiers.

    Returns
    -------
    DataFrame
        Columns chain, num_draws, gradients and published_count (warm-up included), mahalanobis and mahalanobis_noise
        (of two sets of such draws from one law), smallest_width and largest_width (ratios to the reference), c2st,
        c2st_null (half the reference against the other half, as many rows) and num_rows; both C2ST are empty below 50
        rows.
    """
    lengths = np.unique(np.geomspace(10, run.draws.shape[1], num_points).astype(int))
    rows = [
        {
            "chain": chain,
            "num_draws": int(length),
            "gradients": int(run.gradients[chain, length - 1]),
            "published_count": 2 * int(run.gradients[chain, length - 1]),
            **_distance(run.draws[chain, :length], reference, num_rows, seed),
        }
        for length in lengths
        for chain in range(len(run.draws))
    ]
    curve = pd.DataFrame(rows)
    most = curve.groupby("num_draws")["num_rows"].transform("max")
    nulls = {count: c2st.c2st_null(reference, int(count), seed=seed).accuracy for count in most.unique()}
    return curve.assign(c2st_null=most.map(nulls))


def _distance(draws: np.ndarray, reference: np.ndarray, num_rows: int, seed: int) -> dict[str, float]:
    shift = constraints.mean_shift(draws[None], reference)
    widths = draws.std(axis=0) / reference.std(axis=(0, 1))
    # In the order of the chain: sorted ones, evenly picked, would be more regular than draws are.
    distinct = thinning.without_repeats(draws)
    rows = distinct[thinning.evenly(len(distinct), min(num_rows, len(distinct)))]
    expected = thinning.thin(reference, len(rows))
    rows = rows[thinning.evenly(len(rows), len(expected))]
    return {
        "mahalanobis": shift.distance,
        "mahalanobis_noise": shift.noise,
        "smallest_width": widths.min(),
        "largest_width": widths.max(),
        "c2st": c2st.c2st(rows, expected, seed=seed).accuracy,
        "num_rows": len(rows),
    }


def agreement(
    first: np.ndarray, second: np.ndarray, names: Sequence[str], *, num_rows: int, seed: int
) -> dict[str, float]:
    """Return whether two sets of chains sample one law.

    Parameters
    ----------
    first, second
        (chain, draw, p) chains.
    names
        Parameter names.
    num_rows
        Most rows a side of the C2ST.
    seed
        Integer seed of classifiers and permutations.

    Returns
    -------
    dict
        largest_pull (difference of the means of a parameter or S8, in combined Monte-Carlo errors), its parameter and
        num_compared, of how many it is the largest; c2st; null_mean and null_std of the C2ST of num_divisions random
        divisions of the same rows, what one law gives; null_pull, (c2st - null_mean) / null_std; num_rows.
    """
    tables = [chains.summarise(*chains.with_s8(np.asarray(draws, np.float64), names)) for draws in (first, second)]
    pulls = (tables[0]["mean"] - tables[1]["mean"]) / np.hypot(tables[0]["mcse_mean"], tables[1]["mcse_mean"])
    worst = int(pulls.abs().argmax())
    one, other = thinning.thin_alike(first, second, num_rows)
    rows, rng = np.concatenate([one, other]), np.random.default_rng(seed)
    null = []
    for index in range(NUM_PERMUTATIONS):
        mixed = rng.permutation(rows)
        null.append(c2st.c2st(mixed[: len(one)], mixed[len(one) :], seed=seed + index).accuracy)
    accuracy, mean, std = c2st.c2st(one, other, seed=seed).accuracy, np.mean(null), np.std(null, ddof=1)
    return {
        "largest_pull": abs(pulls[worst]),
        "parameter": tables[0]["parameter"][worst],
        "num_compared": len(pulls),
        "c2st": accuracy,
        "null_mean": mean,
        "null_std": std,
        "null_pull": (accuracy - mean) / std,
        "num_divisions": len(null),
        "num_rows": len(one),
    }
