"""Order and number of the pairs of bins."""

import pytest

from fullfield.pairs import num_bins_of, pair_indices


def test_pairs_are_counted():
    assert [num_bins_of(num_pairs) for num_pairs in (1, 3, 6, 10, 15)] == [1, 2, 3, 4, 5]
    assert list(zip(*pair_indices(2), strict=True)) == [(0, 0), (0, 1), (1, 1)]
    with pytest.raises(ValueError, match="4 pairs of bins given"):
        num_bins_of(4)
