"""The judgement of a summary: what its classifier sees."""

import numpy as np

from fullfield.studies.losses import judgement


def test_the_classifier_sees_every_flow_of_the_ensemble():
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(4, 400, 2)) + 4.0 * rng.integers(2, size=(4, 400, 1))
    # Draws come flow by flow: one flow has one half of the law.
    flows = np.concatenate([rng.normal(size=(1600, 2)), 4.0 + rng.normal(size=(1600, 2))])
    result = judgement._classify(flows, reference, num_rows=2000, seed=0)
    assert result["num_rows"] > 1000
    assert abs(result["accuracy"] - 0.5) < 4 * result["standard_error"]
    assert judgement._classify(flows[:1600], reference, num_rows=2000, seed=0)["accuracy"] > 0.7
