"""Compressors of a small lensing problem, with convolutions and without, and the summaries they make."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_problem import small_lensing

from fullfield.compress import Compressor
from fullfield.studies import compression, problem, summaries

BUDGET = {
    "num_simulations": 200,
    "num_validation": 50,
    "num_steps": 200,
    "batch_size": 32,
    "learning_rate": 3e-3,
    "patience": 10,
    "num_blocks": 1,
    "num_views": 2,
    "num_hidden": 16,
    "weight_decay": 0.01,
}
INVALID = 9
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def source():
    # Spectra take no gradients; pretend that they take four, to see them counted.
    return problem.lensing_problem(small_lensing(), 0, "compressor", "spectra")._replace(num_feature_gradients=4)


def with_invalid(source, bad=(INVALID,)):
    """Declare some simulations invalid and spoil them."""

    def generate(index, data):
        u, signal, valid = source.generate(index, data)
        is_bad = jnp.isin(index, jnp.array(bad))
        return u, jnp.where(is_bad, jnp.nan, signal), valid & ~is_bad

    return source._replace(generate=generate)


@pytest.fixture(scope="module", params=[0, 8], ids=["views", "convolutions"])
def trained(request, source, tmp_path_factory):
    checkpoint = tmp_path_factory.mktemp("checkpoints") / "vmim.safetensors"
    budget = {**BUDGET, "num_channels": request.param}
    return compression.train_compressor(with_invalid(source), "vmim", 0, budget, checkpoint=checkpoint, digest="a")


def test_training_learns_and_counts_its_simulations(trained):
    maps = BUDGET["num_simulations"] + BUDGET["num_validation"]
    on_the_fly = int(trained.history["step"].max()) * BUDGET["batch_size"] + BUDGET["num_validation"]
    expected = on_the_fly if trained.compressor.network.num_channels else BUDGET["num_views"] * maps
    assert trained.num_gradients == 4 * expected
    history = trained.history
    assert trained.num_simulations == maps
    assert trained.num_discarded == 1
    assert np.isfinite(history[["training", "validation"]]).all(axis=None)
    prior_entropy = 0.5 * 6 * np.log(2 * np.pi * np.e)
    assert history["training"].iloc[-1] < prior_entropy - 0.2


def test_summaries_follow_the_amplitude_of_the_maps(trained, source):
    compressor = trained.compressor
    rows = [source.generate(jnp.array(index), source.data)[1] for index in range(3)]
    x = jnp.stack([source.observe(jax.random.key(index), kappa) for index, kappa in enumerate(rows)])
    summary = np.asarray(compressor(x))
    assert summary.shape == (3, 6)
    assert np.isfinite(summary).all()
    assert np.abs(np.asarray(compressor(1.5 * x)) - summary).max() > 0.1


def test_saved_compressor_gives_the_same_summaries(trained, source, tmp_path):
    compressor = trained.compressor
    compressor.save(tmp_path / "vmim.safetensors", {"seed": 0})
    loaded = Compressor.load(tmp_path / "vmim.safetensors", source.features)
    x = 0.01 * np.asarray(jax.random.normal(jax.random.key(0), (150, 2, 16, 16)))
    np.testing.assert_array_equal(summaries.summarise_all(loaded, x), summaries.summarise_all(compressor, x))


def test_simulations_are_compressed_with_their_parameters(trained, source):
    compressor = trained.compressor
    key = jax.random.key(1)
    made = summaries.simulate_summaries(key, source, compressor, 30, chunk_size=20)
    np.testing.assert_allclose(source.prior.to_constrained(jnp.asarray(made.u)), made.theta, rtol=1e-4)
    assert made.summary.shape == (30, 6)
    # More simulations begin with the same ones.
    longer = summaries.simulate_summaries(key, source, compressor, 40, chunk_size=20)
    np.testing.assert_array_equal(longer.theta[:30], made.theta)
    dataset = made.to_dataset(source.parameter_names)
    assert dataset["theta"].dims == ("simulation", "parameter")
    assert list(dataset["parameter"].values) == list(source.parameter_names)


def test_too_many_invalid_simulations_stop_the_run(trained, source):
    compressor = trained.compressor
    params = jax.tree.map(lambda leaf: leaf * jnp.nan, compressor.params)
    broken = Compressor(compressor.network, compressor.features, params)
    with pytest.raises(ValueError, match=r"20 of 20 simulations are invalid \(.*\); at most 0\.5% may be"):
        summaries.simulate_summaries(jax.random.key(1), source, broken, 20, chunk_size=20)


def test_maps_without_features_are_refused(source):
    with pytest.raises(ValueError, match="a compressor of maps needs features"):
        compression.train_compressor(source._replace(features=None), "vmim", 0, {**BUDGET, "num_channels": 8})


@pytest.mark.parametrize("num_channels", [0, 8], ids=["views", "convolutions"])
def test_too_many_invalid_simulations_stop_the_training(source, num_channels):
    budget = {**BUDGET, "num_channels": num_channels}
    with pytest.raises(ValueError, match=r"3 of 250 simulations are invalid \(.*\); at most 0\.5% may be"):
        compression.train_compressor(with_invalid(source, (1, 2, 3)), "vmim", 0, budget)


def test_a_stage_sees_its_share_of_a_file_only(tmp_path):
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(1000, 2))
    np.savez(tmp_path / "a.npz", theta=theta, x=np.concatenate([theta, -theta], axis=1))
    stored = problem.files_problem(tmp_path / "a.npz")
    trained = compression.train_compressor(stored, "vmim", 0, {**BUDGET, "num_channels": 8})
    assert (trained.num_simulations, trained.num_discarded) == (500, 0)
    assert trained.history["validation"].min() < 2.0
    shares = problem.split_stored(1000)
    for split in ("inference", "calibration"):
        made = summaries.compress_simulations(stored, trained.compressor, split, 10)
        np.testing.assert_allclose(made.theta, theta[shares[split]], rtol=1e-4, atol=1e-5)
        assert (made.num_discarded, made.summary.shape) == (0, (len(shares[split]), 2))
