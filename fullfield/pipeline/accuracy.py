"""Is the surrogate of the spectra good enough? A module of its own: a new threshold must not refit anything."""

import numpy as np
import pandas as pd


class AccuracyError(ValueError):
    """A surrogate that is not good enough."""


def check_accuracy(table: pd.DataFrame, max_error_percent: float) -> None:
    """Raise where the surrogate is not good enough.

    Parameters
    ----------
    table
        As `spectra.fit_surrogate` returns it.
    max_error_percent
        Largest 95 % error that is allowed, of any pair or shift.

    Raises
    ------
    AccuracyError
        Where 95 % of the errors of some pair or shift are not within `max_error_percent`.
    """
    worst = table.loc[table["q95"].fillna(np.inf).idxmax()]
    if not worst["q95"] <= max_error_percent:
        raise AccuracyError(
            f"the surrogate of {worst['pair']} has a 95 % error of {worst['q95']:.3g} %; allowed is"
            f" theory.max_error_percent = {max_error_percent} %: raise theory.num_training"
        )
