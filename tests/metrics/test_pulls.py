"""p-values of the largest of several pulls."""

import math

import numpy as np
import pytest
import scipy.stats

from fullfield.metrics.pulls import p_value_of_largest


def test_is_two_sided_and_corrected_for_the_number():
    assert p_value_of_largest(1.959964, 1) == pytest.approx(0.05)
    assert p_value_of_largest(-1.959964, 10) == pytest.approx(0.5)
    assert p_value_of_largest(0.1, 10) == 1.0
    assert p_value_of_largest(2.0 * 1.959964, 1, room=2.0) == pytest.approx(0.05)
    assert p_value_of_largest(3.0, 1, num_values=5) == pytest.approx(2 * scipy.stats.t(4).sf(3.0))
    assert math.isnan(p_value_of_largest(math.nan, 3))


def test_correct_means_fail_with_at_most_the_rate():
    num_sets, num_means, num_values = 2000, 20, 10
    values = np.random.default_rng(0).normal(size=(num_sets, num_means, num_values))
    pulls = values.mean(-1) / (values.std(-1, ddof=1) / math.sqrt(num_values))
    p_values = [p_value_of_largest(pull, num_means, num_values=num_values) for pull in np.abs(pulls).max(1)]
    found = np.mean(np.array(p_values) < 0.05)
    assert found == pytest.approx(0.05, abs=3 * math.sqrt(0.05 * 0.95 / num_sets))
