"""Compare the draws of a method with the reference: classifier two-sample tests."""

import numpy as np
import pandas as pd

from fullfield.metrics import c2st, thinning


def classifier_table(posterior: np.ndarray, reference: np.ndarray, num_rows: int, seed: int) -> pd.DataFrame:
    """Return the C2ST of every estimator seed against the reference, with its null and its yardstick.

    Parameters
    ----------
    posterior
        (seed, draw, p) nearly independent draws of the method.
    reference
        (chain, draw, p) converged chains.
    num_rows
        Rows a side; fewer where the reference's smallest effective sample size is lower.
    seed
        Integer seed of folds and networks.

    Returns
    -------
    DataFrame
        Columns comparison (``method``, ``null``: half the chains against the other half, ``shifted``: the same with one
        half moved by a Mahalanobis distance of 0.25), estimator_seed (-1 where none), c2st, standard_error, num_rows,
        remark (why there is no value, where there is none).
    """
    rows = thinning.thin(reference, num_rows)
    results = [("method", index, _classify(draws, rows, seed)) for index, draws in enumerate(posterior)]
    results.append(("null", -1, c2st.c2st_null(reference, num_rows, seed=seed)))
    results.append(("shifted", -1, c2st.c2st_shifted(reference, num_rows, seed=seed)))
    return pd.DataFrame(
        [
            {
                "comparison": comparison,
                "estimator_seed": index,
                "c2st": result.accuracy,
                "standard_error": result.standard_error,
                "num_rows": result.num_rows,
                "remark": result.remark,
            }
            for comparison, index, result in results
        ]
    )


def _classify(draws: np.ndarray, rows: np.ndarray, seed: int) -> c2st.C2ST:
    draws = thinning.distinct(draws)
    count = min(len(draws), len(rows))
    return c2st.c2st(draws[thinning.evenly(len(draws), count)], rows[thinning.evenly(len(rows), count)], seed=seed)
