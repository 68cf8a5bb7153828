"""Rejection: who is nearest is accepted, and a narrow ball gives the posterior."""

import numpy as np
import pytest

from fullfield.inference.rejection import accept_nearest


def test_the_nearest_are_accepted_in_order():
    white = np.array([[3.0, 0.0], [0.0, 1.0], [0.0, 0.5], [2.0, 2.0]])
    accepted = accept_nearest(white, np.zeros(2), 3)
    np.testing.assert_array_equal(accepted.rows, [2, 1, 3])
    np.testing.assert_allclose(accepted.distance, [0.5, 1.0, np.sqrt(8.0)])


def test_a_small_share_of_a_linear_model_has_its_posterior_and_a_large_one_has_not():
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(100_000, 1)) * 10.0
    white = theta + rng.normal(size=theta.shape)
    narrow, wide = (theta[accept_nearest(white, np.array([2.0]), num).rows] for num in (400, 20_000))
    assert narrow.std() == pytest.approx(1.0, abs=5 / np.sqrt(2 * 400))
    assert wide.std() > 1.5


def test_more_than_there_are_cannot_be_accepted():
    with pytest.raises(ValueError, match="5 of 4 simulations cannot be accepted"):
        accept_nearest(np.zeros((4, 2)), np.zeros(2), 5)
