"""Compare the draws of a method with the reference: shifts and widths of every parameter."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fullfield.metrics import chains, constraints


def shift_table(posterior: np.ndarray, reference: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    """Return, for every estimator seed and their mixture, shifts and width ratios of every parameter and S8.

    Parameters
    ----------
    posterior
        (seed, draw, p) draws of the method.
    reference
        (chain, draw, p) converged chains.
    names
        Parameter names.

    Returns
    -------
    DataFrame
        Columns estimator_seed (``all`` for the mixture), parameter, shift_sigma, shift_error, width_ratio, width_error,
        mahalanobis, mahalanobis_error, mahalanobis_noise (of the p sampled parameters).
    """
    reference_extended, extended = chains.with_s8(reference, names)
    parts = []
    for label, draws in _members(posterior):
        table = constraints.compare(chains.with_s8(draws, names)[0], reference_extended, extended)
        shift = constraints.mean_shift(draws, reference)
        table.insert(0, "estimator_seed", label)
        parts.append(
            table.assign(
                mahalanobis=shift.distance, mahalanobis_error=shift.standard_error, mahalanobis_noise=shift.noise
            )
        )
    return pd.concat(parts, ignore_index=True)


def _members(posterior: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Every seed's draws by its index, and all of them together."""
    return [*((str(index), draws) for index, draws in enumerate(posterior)), ("all", np.concatenate(posterior))]
