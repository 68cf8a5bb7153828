"""The judgement of a summary: what its classifier sees, and the keys it draws with."""

from types import SimpleNamespace

import jax
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.inference import npe
from fullfield.metrics import c2st
from fullfield.studies.losses import judgement
from fullfield.tasks import ProductPrior, TruncatedNormal

NUM_OBSERVATIONS, NUM_TESTS, SEEDS, NUM_FLOWS = 3, 5, (0, 1), 2


def stored(count):
    """Return features of simulations or observations of one parameter, which are the summary."""
    values = np.linspace(-1.0, 1.0, count, dtype=np.float32)[:, None]
    dims = ("simulation", "parameter")
    arrays = {"u": (dims, values), "theta": (dims, values), "features": (("view", "simulation", "entry"), values[None])}
    return xr.Dataset(
        arrays, coords={"parameter": ["a"], "observation": ("simulation", [str(i) for i in range(count)])}
    )


def test_no_random_key_is_used_twice(monkeypatch):
    used = []

    def fit(keys, *_, **__):
        used.extend(keys)
        return SimpleNamespace(select=lambda flows: None), None

    def sample_many(key, method, estimator, prior, summaries, num_draws):
        # What `estimation.sample_many` does: a key of its own for every summary.
        used.extend([key, *(jax.random.fold_in(key, index) for index in range(len(summaries)))])
        return SimpleNamespace(theta=np.zeros((len(summaries), num_draws, 1)))

    def log_prob(estimator, u, summary):
        return np.zeros(len(u))

    monkeypatch.setattr(judgement.estimation, "sample_many", sample_many)
    monkeypatch.setattr(judgement, "_densities", lambda *_: xr.Dataset())
    monkeypatch.setattr(judgement.calibration, "calibration", lambda *_: (pd.DataFrame({"test": ["sbc"]}), None))
    counts = {"inference": 20, "calibration": NUM_TESTS, "observed": NUM_OBSERVATIONS}
    method = npe.npe()._replace(fit=fit, log_prob=log_prob)
    settings = judgement.JudgementSettings(
        method, None, SEEDS, 0, num_flows=NUM_FLOWS, num_draws=4, num_coverage_draws=4, num_rows=4
    )
    features = {name: stored(count) for name, count in counts.items()}
    judgement.judge(None, features, {}, ProductPrior((TruncatedNormal(0.0, 1.0),)), settings)
    assert len(used) == len(SEEDS) * (NUM_FLOWS + 1 + NUM_OBSERVATIONS + 1 + NUM_TESTS)
    assert len({tuple(jax.random.key_data(key).tolist()) for key in used}) == len(used)


def test_the_classifier_sees_every_flow_of_the_ensemble():
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(4, 400, 2)) + 4.0 * rng.integers(2, size=(4, 400, 1))
    # Draws come flow by flow: one flow has one half of the law.
    flows = np.concatenate([rng.normal(size=(1600, 2)), 4.0 + rng.normal(size=(1600, 2))])
    result = judgement.classify(flows, reference, num_rows=2000, seed=0)
    assert result.num_rows == c2st.c2st_null(reference, 2000, seed=0).num_rows > 500
    assert abs(result.accuracy - 0.5) < 4 * result.standard_error
    assert judgement.classify(flows[:1600], reference, num_rows=2000, seed=0).accuracy > 0.7
