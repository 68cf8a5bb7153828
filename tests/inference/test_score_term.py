"""Learning from scores: the term itself, what it adds to a fit, and that its minimum is the marginal score."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from fullfield.inference import nle, npe, nre
from fullfield.inference.method import Simulations
from fullfield.inference.preparation import Split, prepare
from fullfield.inference.scores import mismatch, pull_back, whitening_of
from fullfield.inference.training import EstimatorSettings
from fullfield.tasks import ProductPrior, TruncatedNormal
from fullfield.train import FitSettings
from tests.support.gaussian_posterior import COVARIANCE, DESIGN, exact_mean, simulate

METHODS = {"npe": npe.npe(), "nle": nle.nle(), "nre": nre.nre()}
FEW = EstimatorSettings(
    FitSettings(num_steps=450, steps_per_round=50, learning_rate=3e-3), num_layers=2, num_hidden=16, batch_size=45
)
NUM_FEW = 50


def with_scores(data):
    """Add the exact scores of the likelihood, A^T (s - A u)."""
    return data._replace(score=(data.summary - data.u @ DESIGN.T) @ DESIGN)


def test_a_shift_of_one_sigma_costs_half_a_nat_as_it_does_in_the_density():
    rng = np.random.default_rng(0)
    scales = np.array([0.1, 2.0])
    u = jnp.asarray(scales * rng.normal(size=(4000, 2)))
    exact = -np.asarray(u) / scales**2
    whitening = whitening_of(exact)

    def log_density(u, summary):
        return -jnp.sum((u - summary) ** 2 / scales**2) / 2

    def cost(shift):
        summary = jnp.broadcast_to(jnp.asarray(shift), u.shape)
        return float(mismatch(log_density, u, summary, exact, whitening))

    assert cost([0.0, 0.0]) == pytest.approx(0.0, abs=1e-9)
    for shift in ([0.1, 0.0], [0.0, 2.0]):
        assert cost(shift) == pytest.approx(0.5, rel=0.1)


def test_its_minimum_is_the_conditional_mean_of_the_scores():
    """Of q = N(m, 1) the best m under noisy scores is that of the mean score, whatever the noise."""
    rng = np.random.default_rng(0)
    u, noise = rng.normal(size=(20000, 1)), 3.0 * rng.standard_t(5, size=(20000, 1))
    score = 0.7 - u + noise
    whitening = whitening_of(score)

    def cost(mean):
        return mismatch(lambda u, _: -jnp.sum((u - mean) ** 2) / 2, u, u, score, whitening)

    best = jax.grad(cost)(0.0) / -jax.grad(jax.grad(cost))(0.0)
    assert abs(float(best) - 0.7) < 5 * noise.std() / np.sqrt(len(u))


def test_scores_move_to_other_coordinates():
    prior = ProductPrior((TruncatedNormal(1.0, 2.0), TruncatedNormal(0.0, 1.0, -1.0, 2.0)))
    u = jnp.asarray([[0.3, -0.5], [1.0, 0.2]])

    def log_likelihood(theta):
        return jnp.sin(theta).sum() + theta[0] * theta[1]

    score = jax.vmap(jax.grad(log_likelihood))(prior.to_constrained(u))
    expected = jax.vmap(jax.grad(lambda u: log_likelihood(prior.to_constrained(u))))(u)
    np.testing.assert_allclose(pull_back(prior.to_constrained, u, score), expected, rtol=1e-5)


def test_scores_that_are_all_zero():
    with pytest.raises(ValueError, match="every score is zero: nothing can be learned from them"):
        whitening_of(np.zeros((4, 2)))


def excess(estimator):
    """Return the mean divergence of NPE from the exact posterior, in nats."""
    u, summaries, *_ = simulate(2, 4000)
    exact = scipy.stats.multivariate_normal(np.zeros(3), COVARIANCE).logpdf(u - exact_mean(summaries))
    return float(np.mean(exact - np.asarray(npe.ensemble_log_prob(estimator, u, summaries))))


def test_few_simulations_with_scores_are_worth_more():
    """With other keys and data: 0.04 to 0.09 nats with scores, 0.5 to 0.8 without, 1.0 with permuted ones."""
    keys, settings = jax.random.split(jax.random.key(1), 2), dataclasses.replace(FEW, score_weights=(10.0,))
    data = with_scores(simulate(0, 100))
    permuted = data._replace(score=np.roll(data.score, 1, axis=0))
    helped, alone, harmed = (
        excess(npe.fit(keys, given, settings)[0]) for given in (data, data._replace(score=None), permuted)
    )
    assert helped < 0.4 * alone
    assert harmed > alone


@pytest.mark.parametrize(("name", "num_steps"), [("nle", 450), ("nre", 700)])
def test_learned_likelihoods_have_the_slope_of_the_scores(name, num_steps):
    """At weight 100 the gradient in u of the learned log likelihood is that of the exact one, closer than without."""
    data = with_scores(simulate(0, 200))
    fit = dataclasses.replace(FEW.fit, num_steps=num_steps)
    settings = dataclasses.replace(FEW, fit=fit, score_weights=(100.0,))
    keys = jax.random.split(jax.random.key(1), 1)
    log_likelihood = {"nle": nle.log_likelihood, "nre": nre.log_ratio}[name]
    u, summaries, *_ = simulate(2, 500)
    exact = (summaries - u @ DESIGN.T) @ DESIGN

    def error(given):
        estimator, _ = METHODS[name].fit(keys, given, settings)
        slope = jax.vmap(jax.grad(lambda u, s: log_likelihood(estimator, u, s)[0]))(
            jnp.asarray(u), jnp.asarray(summaries)
        )
        return float(np.mean((np.asarray(slope) - exact) ** 2))

    assert error(data) < 0.5 * error(data._replace(score=None))


def test_of_several_weights_each_seed_keeps_the_best_by_the_likelihood_alone():
    data = with_scores(simulate(0, NUM_FEW))
    keys = jax.random.split(jax.random.key(1), 3)
    several, history = npe.fit(keys, data, dataclasses.replace(FEW, score_weights=(0.0, 1.0, 1000.0)))
    alone, histories = zip(
        *(npe.fit(keys, data, dataclasses.replace(FEW, score_weights=(weight,))) for weight in (0.0, 1.0, 1000.0)),
        strict=True,
    )
    best = np.argmin([one.groupby("seed")["validation"].min() for one in histories], axis=0)
    assert len(set(best)) > 1
    assert several.num_seeds == 3
    assert sorted(history["seed"].unique()) == [0, 1, 2]
    u, summaries, *_ = simulate(2, 200)
    chosen = np.asarray(npe.log_prob(several, u, summaries)).mean(1)
    given = np.stack([np.asarray(npe.log_prob(one, u, summaries)).mean(1) for one in alone])
    np.testing.assert_allclose(chosen, given[best, np.arange(3)], atol=1e-3)


def prepared_parts(keys, simulations):
    """Return the rows for training and validation of every seed."""
    own = prepare(keys, simulations, Split(FEW.validation_fraction, FEW.batch_size)).own
    return {name: np.asarray(own[name]) for name in ("training", "validation")}


def test_each_seed_knows_its_own_rows_and_padding_changes_no_split(tmp_path):
    data = simulate(0, 400)
    keys = jax.random.split(jax.random.key(1), 2)
    subsets = np.stack([np.arange(100), np.arange(200, 300)])
    together, _ = npe.fit(keys, data._replace(subsets=subsets), FEW)
    for seed, rows in enumerate(subsets):
        own = Simulations(data.u[rows], data.summary[rows])
        alone, _ = npe.fit(keys[seed : seed + 1], own, FEW)
        np.testing.assert_allclose(
            together.params["standardisation"]["u_mean"][seed], alone.params["standardisation"]["u_mean"][0], rtol=1e-6
        )
        u, summaries, *_ = simulate(2, 50)
        np.testing.assert_allclose(
            npe.log_prob(together, u, summaries)[seed], npe.log_prob(alone, u, summaries)[0], atol=2e-2
        )
    plain, padded = (prepared_parts(keys, data._replace(subsets=subsets, num_padded=num)) for num in (0, 400))
    for name, rows in plain.items():
        assert padded[name].shape == (2, 4 * rows.shape[1])
        np.testing.assert_array_equal(np.sort(padded[name], axis=1), np.repeat(np.sort(rows, axis=1), 4, axis=1))
    with pytest.raises(ValueError, match="num_padded is 50; at least the 100 simulations of a seed are needed, or 0"):
        prepared_parts(keys, data._replace(subsets=subsets, num_padded=50))
    padded, _ = npe.fit(keys, data._replace(subsets=subsets, num_padded=400), FEW)
    npe.save(tmp_path / "few.safetensors", padded)
    assert npe.NPEstimator.load(tmp_path / "few.safetensors").settings == FEW


BAD = {
    r"score has shape \(50, 2\); it must be that of u, \(50, 3\)": lambda score: score[:, :2],
    "score has 1 rows of 50 that are not finite": lambda score: np.where(np.arange(50)[:, None] == 3, np.nan, score),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_scores_stop_before_training(message):
    data = with_scores(simulate(0, NUM_FEW))
    with pytest.raises(ValueError, match=message):
        npe.fit(jax.random.split(jax.random.key(1), 1), data._replace(score=BAD[message](data.score)), FEW)
