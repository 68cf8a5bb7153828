"""Summaries of pixels at a point: what the network sees, how much it keeps, what estimates from it are worth."""

import dataclasses
import functools
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from laws import MAX_PULL, pulls

from fullfield.compress import CompressorSettings
from fullfield.compress.networks import PYRAMID
from fullfield.pipeline.fiducial import InformationSettings, ScoreEstimate, measure, summary_of, train_at
from fullfield.studies.imnn.cases import CASES
from fullfield.studies.imnn.points import (
    EXACT,
    NETWORK,
    PointSettings,
    exact_summary,
    load_summary,
    make_case,
    save_summary,
    step_towards,
    train_points,
)
from fullfield.tasks import simulate
from fullfield.train import FitSettings

SIZE = 8
NETWORK_SETTINGS = CompressorSettings(
    2**20,
    1000,
    100,
    FitSettings(100, steps_per_round=50, learning_rate=7e-3, patience=100, clip=0.5),
    num_channels=4,
    num_blocks=3,
    num_hidden=0,
    body=PYRAMID,
    num_solved=1000,
)
SETTINGS = PointSettings(SIZE, 1, 10, 3000, InformationSettings(NETWORK_SETTINGS, 20, 0.1))


FAR = CASES["gaussian"]._replace(start=(0.4, 1.0))


@functools.cache
def trained():
    """Train at a poor point, and again where the targets seem to lie."""
    with mock.patch.dict(CASES, gaussian=FAR):
        return train_points("gaussian", 4, SETTINGS)


def information(stage, summary):
    """Return a row of the table."""
    table = trained().information
    [row] = table[(table["stage"] == stage) & (table["summary"] == summary)].to_dict("records")
    return row


@pytest.mark.parametrize("stage", [0, 1])
def test_the_exact_score_has_the_exact_information_and_the_network_nearly(stage):
    score, network = information(stage, EXACT), information(stage, NETWORK)
    assert score["ln_det_fisher"] == pytest.approx(score["exact"], abs=MAX_PULL * score["error"])
    assert score["lost"] == 0.0
    # On so few pixels a brief training keeps most of it, and never more than there is.
    assert -MAX_PULL * network["lost_error"] < network["lost"] < 0.15


def test_filters_that_are_not_trained_lose_more():
    """The best linear combination of what they give, where training starts."""
    _, task, field = make_case("gaussian", SIZE)
    point, hardly = np.array([1.0, 0.5], np.float32), FitSettings(1, steps_per_round=1, learning_rate=1e-9)
    settings = InformationSettings(dataclasses.replace(NETWORK_SETTINGS, num_channels=1, num_blocks=1, fit=hardly), 20)
    compressor, _ = train_at(jax.random.key(0), task, point, settings)
    measured = measure(jax.random.key(1), summary_of(compressor), task, point, 5000)
    best = np.linalg.slogdet(np.asarray(exact_summary(field, point).fisher.information))[1]
    assert (best - measured.log_det.value) / 2 > 0.25


def test_retraining_from_a_poor_point_finds_the_targets():
    table = trained().estimates
    own = table[table["summary"] == NETWORK].pivot(index=["stage", "target"], columns="parameter", values="estimate")
    first, second = (own.loc[stage][["A", "B"]] for stage in (0, 1))
    [row] = trained().information.query("stage == 1 and summary == 'imnn'").to_dict("records")
    prior = make_case("gaussian", SIZE)[1].prior
    expected = step_towards(prior, np.array(FAR.start), first.mean().to_numpy())
    np.testing.assert_allclose([row["first"], row["second"]], expected, atol=1e-5)
    assert np.abs(first.mean() - np.array(FAR.start)).max() > 0.2
    # Within the error of their mean.
    assert np.abs(pulls(second.to_numpy(), FAR.target)).max() < MAX_PULL


def test_estimates_from_the_exact_score_reach_the_bound_at_their_point():
    _, task, field = make_case("gaussian", SIZE)
    point, num = np.array([0.7, 0.5], np.float32), 4000
    x = simulate(jax.random.key(5), task, num, theta=jnp.tile(point, (num, 1))).x
    exact = exact_summary(field, point)
    white = np.asarray(exact.white(x), np.float64)
    assert np.abs(pulls(white, 0.0)).max() < MAX_PULL
    assert np.abs(pulls(white**2, 1.0)).max() < MAX_PULL
    estimates = exact.estimates(white)
    bound = np.linalg.inv(np.asarray(exact.fisher.information, np.float64))
    np.testing.assert_allclose(np.cov(estimates.T), bound, atol=0.15 * np.diag(bound).max())
    # Those of another point have another covariance.
    other = dataclasses.replace(exact, fisher=exact_summary(field, np.array([0.3, 0.5], np.float32)).fisher)
    assert np.abs(pulls(np.asarray(other.white(x)) ** 2, 1.0)).max() > MAX_PULL


def test_a_summary_is_the_same_after_it_was_written(tmp_path):
    made = trained()
    save_summary(tmp_path / "summary.safetensors", made, {})
    read = load_summary(tmp_path / "summary.safetensors")
    x = simulate(jax.random.key(6), make_case("gaussian", SIZE)[1], 10).x
    np.testing.assert_allclose(read.white(x), made.last.white(x), rtol=1e-5, atol=1e-5)
    assert isinstance(read, ScoreEstimate)


def test_a_pyramid_sees_moves_by_its_coarsest_pixels_only_and_is_blind_to_no_other_change():
    see = summary_of(trained().compressor)
    x = jax.random.normal(jax.random.key(7), (2, SIZE, SIZE))
    before = np.asarray(see(x))
    np.testing.assert_allclose(see(jnp.roll(x, (4, -4), (1, 2))), before, rtol=1e-3, atol=1e-3)
    for other in (x.at[:, 3, 4].add(1.0), jnp.roll(x, 1, 1)):
        assert np.abs(np.asarray(see(other)) - before).max() > 1e-2


def test_a_step_beyond_the_prior_is_halved():
    prior = make_case("lognormal", SIZE)[1].prior
    np.testing.assert_allclose(step_towards(prior, np.array([0.6, 0.6]), np.array([0.4, 0.7])), [0.4, 0.7])
    np.testing.assert_allclose(step_towards(prior, np.array([0.6, 0.6]), np.array([-0.2, 0.8])), [0.2, 0.7])
