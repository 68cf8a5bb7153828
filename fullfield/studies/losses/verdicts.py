"""What a figure of merit with its error says about a summary, beside the full field's."""

import math

GOAL = 95.0
"""Per cent of the full field's figure of merit that are nearly all."""
NUM_ERRORS = 2.0


def against_full_field(percent: float, error: float) -> str:
    """Return the verdict on a percentage of the full field's figure of merit.

    Returns
    -------
    str
        ``narrow``: above 100 by more than two errors, as no calibrated posterior of a summary is; ``close``: above 95
        by two errors; ``short``: below 100 by two errors; ``open``: neither, or without an error.
    """
    low, high = percent - NUM_ERRORS * error, percent + NUM_ERRORS * error
    if math.isnan(error):
        return "open"
    if low > 100.0:
        return "narrow"
    if low >= GOAL:
        return "close"
    return "short" if high < 100.0 else "open"
