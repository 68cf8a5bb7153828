"""Neural posterior estimation against a posterior known in closed form."""

import dataclasses
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from fullfield import train
from fullfield.inference import npe
from fullfield.inference.method import Simulations
from fullfield.inference.training import EstimatorSettings
from fullfield.resume import Resume
from fullfield.train import FitSettings
from tests.support import gaussian_posterior
from tests.support.gaussian_posterior import (
    COVARIANCE,
    NUM_PARAMETERS,
    NUM_SIMULATIONS,
    NUM_SUMMARIES,
    simulate,
)

# Weight decay 1 has a lower validation loss than 0 and 0.3 on each of four other data sets and keys.
TRAINING = FitSettings(num_steps=1500, learning_rate=2e-3, patience=10, weight_decay=1.0)
SETTINGS = EstimatorSettings(TRAINING, num_hidden=32)
QUICK = EstimatorSettings(FitSettings(num_steps=40, steps_per_round=20), num_layers=2, num_hidden=8, batch_size=32)
NO_VALIDATION = dataclasses.replace(QUICK, validation_fraction=0.0)
# -log p(u | s) has variance p / 2, over a validation set of a tenth of the simulations.
ENTROPY_ERROR = 0.05 + 4 * np.sqrt(NUM_PARAMETERS / 2 / (0.1 * NUM_SIMULATIONS))
NPE = npe.npe()


@pytest.fixture(scope="module")
def data():
    return simulate(0, NUM_SIMULATIONS)


@pytest.fixture(scope="module")
def fitted(data):
    return npe.fit(jax.random.split(jax.random.key(0), 2), data, SETTINGS)


@pytest.fixture(scope="module")
def quick(data):
    u, summary, *_ = data
    return npe.fit(jax.random.split(jax.random.key(0), 2), Simulations(u[:300], summary[:300]), QUICK)[0]


def with_entry(values, row, entry):
    values = values.copy()
    values[row] = entry
    return values


def failures(estimator):
    diverges = gaussian_posterior.divergence_fails(lambda u, s: npe.ensemble_log_prob(estimator, u, s))
    return gaussian_posterior.failures(NPE, estimator) + ["divergence"] * diverges


def initial(estimator):
    """Return the same estimator at fresh weights."""
    weights = jax.jit(jax.vmap(estimator.flow.init))(jax.random.split(jax.random.key(9), 2))
    return dataclasses.replace(estimator, params={**estimator.params, "weights": weights})


def test_posterior_is_the_exact_one(fitted):
    assert failures(fitted[0]) == []


def test_initial_weights_fail_every_check(fitted):
    assert failures(initial(fitted[0])) == ["mean", "covariance", "classifier", "divergence"]


def test_shuffled_data_fail_every_check(data):
    shuffled = np.random.default_rng(0).permutation(data[0])
    # Long enough to learn the prior, which is all that there is to learn.
    training = dataclasses.replace(SETTINGS, fit=dataclasses.replace(TRAINING, num_steps=450))
    estimator, history = npe.fit(jax.random.split(jax.random.key(0), 2), Simulations(shuffled, data[1]), training)
    prior_entropy = 0.5 * NUM_PARAMETERS * np.log(2 * np.pi * np.e)
    assert (np.abs(history.groupby("seed")["validation"].min() - prior_entropy) < ENTROPY_ERROR).all()
    assert failures(estimator) == ["mean", "covariance", "classifier", "divergence"]


def test_history_is_in_nats_of_u(fitted):
    history = fitted[1]
    entropy = 0.5 * np.linalg.slogdet(2 * np.pi * np.e * COVARIANCE)[1]
    best = history.groupby("seed")["validation"].min()
    assert len(best) == fitted[0].num_seeds == 2
    assert (np.abs(best - entropy) < ENTROPY_ERROR).all()


def test_ensemble_is_the_equal_mixture_and_densities_broadcast(quick):
    u, summaries, *_ = simulate(6, 12)
    each = npe.log_prob(quick, u, summaries)
    assert each.shape == (2, 12)
    mixture = np.log(np.exp(np.asarray(each, float)).mean(axis=0))
    np.testing.assert_allclose(npe.ensemble_log_prob(quick, u, summaries), mixture, rtol=1e-5)
    grid = npe.log_prob(quick, u.reshape(3, 4, 3), summaries.reshape(3, 4, 4))
    np.testing.assert_array_equal(grid.reshape(2, 12), each)
    np.testing.assert_allclose(npe.log_prob(quick, u, summaries[0])[:, 0], each[:, 0], rtol=1e-5)
    assert npe.log_prob(quick, u[0], summaries[0]).shape == (2,)


def test_draws_have_the_density(quick):
    """E_q[p / q] = 1 for a normalised p lighter in the tails than q, with its Monte-Carlo error."""
    summary = jnp.ones(NUM_SUMMARIES)
    draws, convergence = npe.sample(jax.random.key(0), quick, summary, 4000)
    assert draws.shape == (2, 4000, NUM_PARAMETERS)
    assert convergence is None
    np.testing.assert_array_equal(draws, npe.sample(jax.random.key(0), quick, summary, 4000).values)
    assert (draws != npe.sample(jax.random.key(1), quick, summary, 4000).values).any(axis=-1).all()
    for seed in range(2):
        rows = np.asarray(draws[seed])
        target = scipy.stats.multivariate_normal(rows.mean(0) + 0.2, 0.5 * np.cov(rows.T))
        weights = np.exp(target.logpdf(rows) - np.asarray(npe.log_prob(quick, rows, summary)[seed]))
        assert abs(weights.mean() - 1.0) < 5 * weights.std() / np.sqrt(4000)
        assert weights.std() / np.sqrt(4000) < 0.05


def test_draws_of_an_observation_do_not_depend_on_the_others(quick):
    keys, (_, summaries, *_) = jax.random.split(jax.random.key(3), 4), simulate(7, 4)
    summaries = summaries.astype(np.float32)
    together = npe.sample(keys, quick, summaries, 20, lambda u: 2.0 * u).values
    assert together.shape == (4, 2, 20, NUM_PARAMETERS)
    for key, summary, draws in zip(keys, summaries, together, strict=True):
        np.testing.assert_allclose(2.0 * npe.sample(key, quick, summary, 20).values, draws, rtol=1e-4, atol=1e-4)


def test_units_of_parameters_and_summaries_do_not_matter(data, quick):
    u, summary = data[0][:300], data[1][:300]
    scaled, _ = npe.fit(jax.random.split(jax.random.key(0), 2), Simulations(1e3 * u + 5.0, 1e-3 * summary - 2.0), QUICK)
    expected = np.asarray(npe.log_prob(quick, u, summary)) - NUM_PARAMETERS * np.log(1e3)
    # A summary of 1e-3 around -2 keeps four digits in single precision.
    np.testing.assert_allclose(npe.log_prob(scaled, 1e3 * u + 5.0, 1e-3 * summary - 2.0), expected, atol=0.02)


def test_seeds_have_their_own_split_and_no_row_is_in_both_parts(data, monkeypatch):
    spy = mock.Mock(side_effect=InterruptedError)
    monkeypatch.setattr(train, "fit", spy)
    with pytest.raises(InterruptedError):
        npe.fit(jax.random.split(jax.random.key(0), 2), data, QUICK)
    handed = spy.call_args.args[3].data
    rows = np.concatenate([handed["training"], handed["validation"]], axis=1)
    np.testing.assert_array_equal(np.sort(rows), np.tile(np.arange(NUM_SIMULATIONS), (2, 1)))
    assert handed["validation"].shape == (2, NUM_SIMULATIONS // 10)
    assert set(rows[0, -10:]) != set(rows[1, -10:])


def test_validation_rows_are_not_trained_on(data):
    """Parameters exchanged among the validation rows of seed 0 leave its training alone, and not that of seed 1."""
    u, summary = data[0][:300], data[1][:300]
    keys = jax.random.split(jax.random.key(0), 2)
    rows = np.asarray(jax.random.permutation(jax.random.split(keys[0], 3)[1], 300))[-30:]
    exchanged = with_entry(u, rows, u[rows[::-1]])
    before, after = (
        npe.fit(keys, Simulations(values, summary), QUICK)[1].set_index("seed") for values in (u, exchanged)
    )
    change = (before / after - 1.0).abs()
    assert (change.loc[0, "training"] < 1e-5).all()
    assert (change.loc[0, "validation"] > 1e-4).all()
    assert (change.loc[1, "training"] > 1e-4).all()


def test_a_seed_and_its_split_do_not_depend_on_the_other_seeds_even_under_weight_decay(data):
    u, summary = data[0][:300], data[1][:300]
    settings = dataclasses.replace(QUICK, fit=dataclasses.replace(QUICK.fit, weight_decay=100.0))
    keys = jax.random.split(jax.random.key(0), 2)
    together, alone = (npe.fit(some, Simulations(u, summary), settings)[1] for some in (keys, keys[1:]))
    curves = ["training", "validation"]
    np.testing.assert_allclose(together[together["seed"] == 1][curves], alone[curves], rtol=1e-4)


def test_an_interrupted_fit_resumes_bit_for_bit(data, quick, tmp_path, monkeypatch):
    u, summary = data[0][:300], data[1][:300]
    resume, save = Resume(tmp_path / "checkpoint.safetensors", "a", interval=-1.0), Resume.save

    def save_then_stop(*arguments):
        save(*arguments)
        raise InterruptedError

    monkeypatch.setattr(Resume, "save", save_then_stop)
    keys = jax.random.split(jax.random.key(0), 2)
    with pytest.raises(InterruptedError):
        npe.fit(keys, Simulations(u, summary), QUICK, resume=resume)
    monkeypatch.setattr(Resume, "save", save)
    resumed, _ = npe.fit(keys, Simulations(u, summary), QUICK, resume=resume)
    jax.tree.map(np.testing.assert_array_equal, resumed.params, quick.params)


def test_saved_estimators_load_unchanged(quick, tmp_path):
    npe.save(tmp_path / "npe_vmim.safetensors", quick)
    loaded = npe.NPEstimator.load(tmp_path / "npe_vmim.safetensors")
    assert (loaded.settings, loaded.flow) == (quick.settings, quick.flow)
    jax.tree.map(np.testing.assert_array_equal, loaded.params, quick.params)


BAD_DATA = {
    "u has 300 rows and summary has 299": lambda u, s: (u, s[:-1], QUICK),
    "u has 2 rows of 300 that are not finite": lambda u, s: (with_entry(u, [3, 7], np.nan), s, QUICK),
    "summary has 1 rows of 300 that are not finite": lambda u, s: (u, with_entry(s, 3, np.inf), QUICK),
    r"columns \[0, 1, 2\] of u are constant": lambda u, s: (0 * u + 0.3, s, QUICK),
    r"columns \[0, 1, 2, 3\] of summary are constant": lambda u, s: (u, 0 * s, QUICK),
    "30 simulations leave 27 to train on, fewer than batch_size = 32": lambda u, s: (u[:30], s[:30], QUICK),
    "validation_fraction must lie between 0 and 1, got 0.0": lambda u, s: (u, s, NO_VALIDATION),
}


@pytest.mark.parametrize("message", BAD_DATA)
def test_bad_data_stop_before_training(data, message):
    u, summary, settings = BAD_DATA[message](data[0][:300], data[1][:300])
    with pytest.raises(ValueError, match=message):
        npe.fit(jax.random.split(jax.random.key(0), 2), Simulations(u, summary), settings)
