"""Deviations in units of their errors: how surprising the largest of several is."""

import math

import scipy.stats


def p_value_of_largest(pull: float, num_comparisons: int, *, room: float = 1.0, num_values: int | None = None) -> float:
    r"""Return the Bonferroni bound on the p-value of the largest of several pulls, correlated or not.

    $p = \min(1, m\, P(|T| > |t| / r))$ with $T$ Student's law of $n - 1$ degrees of freedom, or a normal one.

    Parameters
    ----------
    pull
        t, the largest deviation in units of its estimated error.
    num_comparisons
        m, deviations that it is the largest of.
    room
        r >= 1, by which the estimate of the error, or the law of the mean, may be off.
    num_values
        n, independent values that the error was estimated from; normal where it is not given.

    Returns
    -------
    float
        NaN for a pull that is not a number.
    """
    law = scipy.stats.norm() if num_values is None else scipy.stats.t(num_values - 1)
    p_value = 2.0 * num_comparisons * float(law.sf(abs(pull) / room))
    return p_value if math.isnan(p_value) else min(1.0, p_value)
