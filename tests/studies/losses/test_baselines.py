"""Calibration of the standard analyses' posteriors, and what their figures of merit say beside it."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest
from small_problem import small_lensing

from fullfield.pipeline.power_spectrum_posterior import BandCovariance
from fullfield.pipeline.ranked_draws import ranked_draws
from fullfield.samplers import ChainSettings
from fullfield.studies.losses import baselines
from fullfield.studies.losses.explicit_merit import explicit_merit

NUM_MOCKS = 60
UNUSED = BandCovariance(np.eye(2), 100)
NAMES = ("Omega_c", "sigma8", "w0")


def calibrated(monkeypatch, *, shift):
    """Return the table for posteriors that are normal about a noisy reading of u, displaced by `shift` deviations."""
    setup, rng = small_lensing(), np.random.default_rng(0)
    settings = ChainSettings(num_chains=2, num_warmup=10, num_draws=50)
    u = rng.normal(size=(NUM_MOCKS, 6))
    # The posterior of a unit normal prior and unit noise.
    mean = (u + rng.normal(size=u.shape)) / 2
    draws = mean[:, None, None] + (shift + rng.normal(size=(NUM_MOCKS, 2, 50, 6))) / np.sqrt(2)
    chains = SimpleNamespace(draws=draws.reshape(-1, 50, 6).astype(np.float32), num_gradients=7)
    monkeypatch.setattr(baselines, "_sample", lambda *_: chains)
    theta = np.asarray(jax.jit(setup.task.prior.to_constrained)(u.astype(np.float32)))
    mocks = (rng.normal(0.0, 0.01, size=(NUM_MOCKS, 2, 16, 16)).astype(np.float32), theta)
    return baselines.calibrate(
        jax.random.key(0), setup, "gaussian_field", mocks, settings, covariance=UNUSED, num_ranked=20, seed=0
    )


def test_exact_posteriors_pass_and_displaced_ones_do_not(monkeypatch):
    exact, gradients = calibrated(monkeypatch, shift=0.0)
    assert gradients == 7
    assert (exact["method"] == "gaussian_field").all()
    assert (exact["num_draws"] == 20).all()
    # Independent draws are long enough chains; ten correlated ones are not.
    assert (exact["num_slow"] <= NUM_MOCKS // 10).all()
    assert exact["p_value"].min() > 1e-4
    displaced, _ = calibrated(monkeypatch, shift=1.0)
    assert not displaced[displaced["test"] == "sbc"]["inside"].all()
    assert displaced["p_value"].min() < 1e-4
    # The table of figures of merit says so.
    rng = np.random.default_rng(1)
    chains = {name: rng.normal(size=(4, 500, 3)) for name in ("simulated", "simulated_1")}
    posteriors = {("gaussian_field", name): draws for name, draws in chains.items()}
    found = explicit_merit(posteriors, chains, NAMES, displaced)
    assert found["percent"].to_numpy() == pytest.approx(100.0)
    assert not found["sbc_inside"].any()
    assert (found["num_calibrated"] == NUM_MOCKS).all()
    assert "sbc_inside" not in explicit_merit(posteriors, chains, NAMES)


@pytest.mark.slow
def test_chains_of_several_mocks_run_together():
    setup = small_lensing()
    x = np.random.default_rng(0).normal(0.0, 0.01, size=(3, 2, 16, 16)).astype(np.float32)
    theta = np.tile(np.asarray(setup.task.fiducial), (3, 1))
    settings = ChainSettings(num_chains=2, num_warmup=10, num_draws=10)
    table, gradients = baselines.calibrate(
        jax.random.key(0), setup, "gaussian_field", (x, theta), settings, covariance=UNUSED, num_ranked=10, seed=0
    )
    assert (table["num_observations"] == 3).all()
    assert gradients >= 3 * 2 * 20
    assert (table["num_slow"] > 0).all()


def test_ranked_draws_are_of_every_chain():
    draws = np.arange(2 * 3 * 40, dtype=float).reshape(1, 2, 120, 1) + np.array([0, 1000])[None, :, None, None]
    picked = ranked_draws(draws, 10)[0, :, 0]
    assert picked.shape == (10,)
    assert (picked >= 1000).sum() == 5
    assert np.diff(picked[:5]).tolist() == [24.0] * 4
