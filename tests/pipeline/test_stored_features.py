"""Features of simulations as the workflow stores them: what is left out, and those at the fiducial point."""

import numpy as np
import pytest
from small_problem import small_lensing

from fullfield.pipeline import map_features, problem, stored_features
from fullfield.pipeline.stored_features import Split

INVALID = 9
pytestmark = pytest.mark.slow


def test_what_is_left_of_invalid_simulations_keeps_its_place(monkeypatch):
    setup = small_lensing()
    made = problem.lensing_problem

    def spoiled(*arguments):
        source = made(*arguments)

        def generate(index, data):
            u, kappa, valid = source.generate(index, data)
            return u, kappa, valid & (index != INVALID)

        return source._replace(generate=generate)

    monkeypatch.setattr(stored_features, "lensing_problem", spoiled)
    extracted = stored_features.extract_features(setup, 0, Split("training", ["band_powers"], 12, 2))
    one = extracted.datasets["band_powers"]
    assert extracted.num_discarded == 1
    left = [index for index in range(12) if index != INVALID]
    np.testing.assert_array_equal(one["simulation_index"], left)
    np.testing.assert_array_equal(one["view_index"], [left, [index + 12 for index in left]])


def test_gaussian_score_is_white_at_the_fiducial_point():
    made = stored_features.extract_features(small_lensing(), 0, Split("fiducial", ["gaussian_score"], 400))
    score = made.datasets["gaussian_score"]["features"].values[0]
    # Zero mean and a covariance of at most one, within what 400 maps and a mildly lognormal field allow.
    assert np.abs(score.mean(0)).max() < 5 / np.sqrt(400)
    eigenvalues = np.linalg.eigvalsh(np.cov(score.T))
    assert 0.5 < eigenvalues.max() < 1.6
    assert eigenvalues.min() < 0.3
    # The score grows with the parameters: E[ds / du] = F, here times the whitening.
    derivative = made.datasets["gaussian_score"]["derivative"].values.mean(0)
    assert derivative.shape == (6, 6)
    np.testing.assert_allclose(np.diag(derivative) > 0, True)


def test_unknown_features_are_refused():
    with pytest.raises(
        ValueError,
        match="features are 'spectrum'; allowed: spectra, polyspectra, field_scores, field_scores_twice, band",
    ):
        map_features.lensing_features(small_lensing(), "spectrum")
