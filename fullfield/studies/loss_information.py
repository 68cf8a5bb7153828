"""How much of the information in the maps a summary keeps."""

import math
from collections.abc import Sequence

import numpy as np
import xarray as xr

from fullfield.studies.information import lost_information, prior_surprise, summary_information


def total_information(
    judged: Sequence[xr.Dataset], u: np.ndarray, entropy: np.ndarray | None
) -> tuple[float, float] | None:
    """Return I(u; x) in nats and its error, or None without explicit posteriors.

    I(u; x) = I_q(u; t) + E KL(p(u | x) || q(u | t)), with the best summary's estimator q as a control variate: the test
    simulations measure the first term, explicit posteriors the second, in which their own scatter is small.
    """
    if entropy is None:
        return None
    best = max(judged, key=lambda one: summary_information(one["test_log_prob"].values, u).value)
    kept = summary_information(best["test_log_prob"].values, u)
    lost = lost_information(entropy, best["replica_log_prob"].values)
    return kept.value + lost.value, math.hypot(kept.error, lost.error)


def information_columns(
    judged: xr.Dataset, u: np.ndarray, entropy: np.ndarray | None, total: tuple[float, float] | None
) -> dict[str, float]:
    """Return the information in nats, over seeds, and its fraction of the total; errors are of the test simulations."""
    per_seed = (judged["test_log_prob"].values + prior_surprise(u)).mean(-1)
    kept = summary_information(judged["test_log_prob"].values, u)
    scatter = per_seed.std(ddof=1) / math.sqrt(len(per_seed)) if len(per_seed) > 1 else math.nan
    columns = {"information": kept.value, "information_error": kept.error, "information_seed_error": scatter}
    if entropy is None or total is None:
        return columns | dict.fromkeys(("lost", "lost_error", "fraction", "fraction_error"), math.nan)
    lost = lost_information(entropy, judged["replica_log_prob"].values)
    fraction = kept.value / total[0]
    # What is uncertain of a fraction close to one is what is lost.
    return columns | {
        "lost": lost.value,
        "lost_error": lost.error,
        "fraction": fraction,
        "fraction_error": lost.error / total[0],
    }
