"""What is lost by a summary and what by the estimator."""

import dataclasses
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import scipy.stats
from small_problem import small_lensing

from fullfield.inference import npe
from fullfield.inference.method import Simulations
from fullfield.pipeline.map_features import lensing_features
from fullfield.studies.losses import local, local_comparison
from fullfield.studies.losses.map_information import Entropies
from fullfield.tasks import ProductPrior, TruncatedNormal, simulate

NAMES = ("Omega_c", "sigma8", "w0")
PRIOR = ProductPrior((TruncatedNormal(0.0, 1.0),) * len(NAMES))
"""Of which u is theta."""


def normal(mean, scale):
    law = scipy.stats.multivariate_normal(np.full(len(NAMES), mean), scale**2)
    draws = law.rvs(20_000, random_state=0).astype(np.float32)
    return local_comparison.Posterior(lambda u: law.logpdf(np.asarray(u, np.float64)), draws), law


def test_parts_of_gaussian_posteriors_are_their_divergences():
    (_, full), (exact, _), (wider, _) = normal(0.0, 0.1), normal(0.05, 0.12), normal(0.1, 0.15)
    chains = full.rvs((4, 5_000), random_state=1).astype(np.float32)
    entropy = full.entropy()
    truth = local_comparison.Truth(chains, Entropies(np.array([entropy + 0.05]), np.array([entropy])))
    task = dataclasses.replace(small_lensing().task, prior=PRIOR, parameter_names=NAMES)
    setup = small_lensing()._replace(task=task)
    row = local_comparison.compare(wider, exact, truth, setup, local.LocalSettings(10, (8,), {}, 1))

    def divergence(mean, scale, other_mean, other_scale):
        ratio = (scale / other_scale) ** 2
        return len(NAMES) * (ratio - 1 - np.log(ratio) + ((mean - other_mean) / other_scale) ** 2) / 2

    expected = {
        "lost_high": divergence(0.0, 0.1, 0.1, 0.15),
        "summary_high": divergence(0.0, 0.1, 0.05, 0.12),
        "divergence": divergence(0.05, 0.12, 0.1, 0.15),
    }
    assert {name: row[name] for name in expected} == pytest.approx(expected, abs=0.02)
    assert row["estimator"] == pytest.approx(row["lost_high"] - row["summary_high"], abs=1e-6)
    assert row["lost_high"] - row["lost_low"] == pytest.approx(0.05, abs=1e-6)
    assert 0 < row["estimator_error"] < 0.02
    assert row["percent_local"] == pytest.approx(100 * (0.1 / 0.12) ** 2, abs=2)
    assert row["percent_amortised"] == pytest.approx(100 * (0.1 / 0.15) ** 2, abs=2)
    assert 0.5 < row["c2st_local"] < row["c2st_amortised"]


def test_the_region_is_twice_as_wide_and_cuts_the_prior_off():
    rng = np.random.default_rng(0)
    scale = np.array([0.5, 0.25])
    region = local.region_around(1.0 + scale * rng.normal(size=(100_000, 2)))
    radius = scipy.stats.chi(2).ppf(0.99)
    assert region.radius == pytest.approx(2 * radius, rel=0.02)
    edge = np.array([[1.0, 1.0 + 2 * radius * scale[1]]])
    assert region.contains(0.99 * edge).all()
    assert not region.contains(1.03 * edge).any()
    u, share = local.draw_within(rng, region, 50_000)
    prior = rng.normal(size=(400_000, 2))
    inside = region.contains(prior)
    assert u.shape == (50_000, 2)
    assert region.contains(u).all()
    assert share == pytest.approx(inside.mean(), abs=0.005)
    assert u.mean(0) == pytest.approx(prior[inside].mean(0), abs=0.02)


def test_a_region_without_prior_or_without_finite_draws_is_refused(monkeypatch):
    monkeypatch.setattr(local, "MAX_BATCHES", 2)
    far = local.Region(np.full(2, 9.0), np.eye(2), 0.1)
    with pytest.raises(ValueError, match="0 of 200000 draws of the prior lie near the observation, 10 are needed"):
        local.draw_within(np.random.default_rng(0), far, 10)
    draws = np.random.default_rng(0).normal(size=(50, 2))
    draws[3, 1] = np.inf
    with pytest.raises(ValueError, match="1 of 50 draws of the amortised posterior lie on a bound of the prior"):
        local.region_around(draws)


def test_the_first_width_that_gains_no_more_is_the_last():
    losses, used = {8: 1.0, 16: 0.9, 32: 0.8995, 64: 0.5}, []

    def fit(keys, simulations, settings, resume):
        used.append(jax.random.key_data(keys).tolist())
        return SimpleNamespace(width=settings), pd.DataFrame({"seed": [0, 0], "validation": [9.0, losses[settings]]})

    method = npe.npe()._replace(fit=fit, settings=lambda budget: budget["num_hidden"])
    settings = local.LocalSettings(10, tuple(losses), {}, 2)
    simulations = Simulations(np.zeros((10, 1)), np.zeros((10, 1)))
    fitted = local.fit_largest(jax.random.key(0), method, simulations, settings)
    assert (fitted.num_hidden, fitted.estimator.width) == (16, 16)
    assert list(fitted.losses) == [8, 16, 32]
    assert fitted.is_saturated
    narrow = dataclasses.replace(settings, widths=(8, 16))
    assert not local.fit_largest(jax.random.key(0), method, simulations, narrow).is_saturated
    assert used == [used[0]] * 5


def test_features_are_of_maps_at_the_given_parameters():
    setup = small_lensing()
    u = np.array(jax.random.normal(jax.random.key(1), (40, 6)), np.float32)
    u[20:] = u[0]
    made = local.features_at(jax.random.key(2), setup, "band_powers", u)
    assert made.num_discarded == 0
    np.testing.assert_array_equal(made.u, u)
    again = local.features_at(jax.random.key(2), setup, "band_powers", u[:20])
    np.testing.assert_allclose(again.features, made.features[:20], rtol=1e-5, atol=1e-5)
    # Twenty maps of one point scatter about what others of that point show.
    theta = setup.task.prior.to_constrained(jnp.asarray(u[0]))
    key = jax.random.key(3)
    others = simulate(key, setup.task, 100, theta=jnp.tile(theta, (100, 1))).x
    expected = np.asarray(jax.jit(jax.vmap(lensing_features(setup, "band_powers")))(others))
    pulls = (made.features[20:].mean(0) - expected.mean(0)) / (expected.std(0) * np.sqrt(1 / 20 + 1 / 100))
    assert np.sqrt(np.mean(pulls**2)) < 1.8
    # Maps of other points scatter more.
    assert (made.features[1:20].std(0) / expected.std(0)).max() > 2
