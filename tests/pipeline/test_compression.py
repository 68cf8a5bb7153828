"""Compressors of a small lensing problem, with convolutions and without, and the summaries they make."""

import dataclasses
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_problem import small_lensing

from fullfield import train
from fullfield.compress import LOSSES, Compressor, CompressorSettings, load_compressors, save_compressors
from fullfield.compress.losses import Batch, regression
from fullfield.compress.standardise import Seen
from fullfield.pipeline import compression, map_features, problem, stored_features, summaries
from fullfield.pipeline.compression import Training
from fullfield.pipeline.stored_features import Split
from fullfield.resume import Resume

BLOCK = {
    "num_simulations": 200,
    "num_validation": 50,
    "num_steps": 200,
    "batch_size": 16,
    "learning_rate": 3e-3,
    "patience": 10,
    "num_blocks": 1,
    "num_views": 2,
    "num_hidden": 16,
    "weight_decay": 0.01,
}
SETTINGS = CompressorSettings.from_budget(BLOCK)
WITH_MAPS = dataclasses.replace(SETTINGS, fit=dataclasses.replace(SETTINGS.fit, num_steps=100), num_channels=8)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def source():
    return problem.lensing_problem(small_lensing(), 0, "compressor", "band_powers")


NAMES = ("band_powers", "gaussian_score")


@pytest.fixture(scope="module")
def stored():
    """Features of 250 maps, seen twice each, as the workflow stores them; they took no gradients, but say 1 000."""
    extracted = stored_features.extract_features(small_lensing(), 0, Split("training", NAMES, 250, 2))
    datasets = extracted.datasets
    return {name: one.assign_attrs(cost={"gradients": 1000}, num_discarded=0) for name, one in datasets.items()}


@pytest.fixture(scope="module")
def on_features(stored):
    # Stored features leave convolutions out, whatever the budget says.
    return compression.train_on_features(stored["band_powers"], Training("vmim", [0], 0), WITH_MAPS)


@pytest.fixture(scope="module")
def maps_of_stored(source):
    return stored_features.maps_of(source, 0, "training")


@pytest.fixture(scope="module")
def view(maps_of_stored):
    """Return a function of the indices of views, thirty at a time: their maps."""
    return jax.jit(jax.vmap(maps_of_stored.view))


@pytest.fixture(scope="module")
def with_convolutions(stored, maps_of_stored):
    return compression.train_on_features(
        stored["band_powers"], Training("vmim", [0, 1], 0), WITH_MAPS, maps=maps_of_stored
    )


@pytest.fixture(scope="module", params=["on_features", "with_convolutions"])
def trained(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def maps(source):
    """Three observations, and the same louder."""

    def one(index):
        return source.observe(jax.random.key(index), source.generate(index, source.data)[1])

    x = np.asarray(jax.jit(lambda index: jax.lax.map(one, index))(np.arange(3)))
    return np.concatenate([x, np.float32(1.5) * x])


def test_training_learns_and_counts_its_simulations(trained):
    assert trained.num_gradients == 1000
    history = trained.history
    assert trained.num_simulations == SETTINGS.num_simulations + SETTINGS.num_validation
    assert trained.num_discarded == 0
    assert np.isfinite(history[["training", "validation"]]).all(axis=None)
    prior_entropy = 0.5 * 6 * np.log(2 * np.pi * np.e)
    last = history.groupby("seed")["training"].last()
    assert len(last) == len(trained.compressors)
    assert (last < prior_entropy - 0.2).all()


def test_summaries_follow_the_amplitude_of_the_maps(trained, source, maps):
    compressor = trained.compressors[0].with_features(source.features)
    summary = summaries.summarise_all(compressor, maps, chunk_size=4)
    assert summary.shape == (6, 6)
    assert np.isfinite(summary).all()
    assert np.abs(summary[3:] - summary[:3]).max() > 0.1


def test_saved_compressor_gives_the_same_summaries(trained, source, maps, tmp_path):
    compressor = trained.compressors[0].with_features(source.features)
    save_compressors(tmp_path / "vmim.safetensors", [compressor], {"seed": 0})
    loaded = load_compressors(tmp_path / "vmim.safetensors", source.features, source.channels)[0]
    first, second = (summaries.summarise_all(one, maps, chunk_size=4) for one in (loaded, compressor))
    np.testing.assert_array_equal(first, second)


def test_simulations_are_compressed_with_their_parameters(trained, source, stored, maps_of_stored, view):
    compressor, stored = trained.compressors[0], stored["band_powers"].isel(simulation=slice(30))
    made = summaries.compress_features(stored, compressor, maps_of_stored)
    np.testing.assert_allclose(jax.jit(source.prior.to_constrained)(made.u), made.theta, rtol=1e-4)
    assert made.summary.shape == (30, 6)
    dataset = made.to_dataset(source.parameter_names)
    assert dataset["theta"].dims == ("simulation", "parameter")
    assert list(dataset["parameter"].values) == list(source.parameter_names)
    # Features and maps belong together: from the maps alone the same summaries follow.
    x = np.asarray(view(stored["simulation_index"].values, stored["view_index"][0].values))
    again = summaries.summarise_all(compressor.with_features(source.features), x)
    np.testing.assert_allclose(made.summary, again, atol=2e-3)
    kept = summaries.first_views(stored.assign(x=(("simulation", "bin", "row", "column"), x)), compressor)
    np.testing.assert_allclose(made.summary, kept, atol=1e-4)


def test_networks_are_trained_on_features_and_maps_that_belong_together(source, stored, maps_of_stored, monkeypatch):
    caught = {}

    def fit(keys, loss, source, settings, *, rows, scales, resume):
        caught.update(source=source, settings=settings, rows=rows)
        return [], None

    monkeypatch.setattr(compression, "fit_compressor", fit)
    one = stored["band_powers"].isel(simulation=np.r_[0:7, 9:30])
    compression.train_on_features(one, Training("vmim", [0, 1], 0), WITH_MAPS, maps=maps_of_stored)
    beside, settings = caught["source"], caught["settings"]
    # Two of 28 validate, in one view; both views of the others train.
    assert (settings.num_simulations, settings.num_validation) == (2 * 26, 2)
    assert caught["rows"].max() < 2 * 26
    rows = jnp.arange(settings.num_simulations + settings.num_validation)

    @jax.jit
    def seen(key, rows):
        def one_row(row):
            u, seen, _ = beside.generate(row, beside.data)
            return u, beside.observe(jax.random.fold_in(key, row), seen)

        return jax.lax.map(one_row, rows)

    (u, first), (_, second) = (seen(jax.random.key(number), rows) for number in (0, 1))
    features_of = jax.jit(lambda x: jax.lax.map(source.features, x))
    np.testing.assert_allclose(u[:52], np.tile(one["u"].values[:26], (2, 1)))
    for views in (first, second):
        np.testing.assert_allclose(features_of(views.maps), views.features, atol=2e-3)
    # Another symmetry at every visit: at most a few rows meet the same one.
    same = np.isclose(first.maps, second.maps, atol=1e-6).all((1, 2, 3))
    assert same.mean() < 0.1


def test_convolutions_look_at_the_maps(with_convolutions, stored, view):
    compressor, one = with_convolutions.compressors[0], stored["band_powers"]
    place = one["simulation_index"].values[:30], one["view_index"].values[0, :30]
    x, features = view(*place), jnp.asarray(one["features"].values[0, :30])
    own, others = (compressor(Seen(features, maps)) for maps in (x, jnp.roll(x, 1, axis=0)))
    assert np.abs(own - others).max() > 1e-3
    with pytest.raises(ValueError, match="sees maps and their features"):
        compressor(x)
    with pytest.raises(ValueError, match="`Seen` holds features"):
        compressor.with_features(lambda x: x)(Seen(features, x))


def test_maps_at_the_fiducial_point_are_not_made_anew(source):
    with pytest.raises(ValueError, match="maps at the fiducial point are not made anew"):
        stored_features.maps_of(source, 0, "fiducial")


def test_every_view_has_maps_of_its_own(source, stored, view):
    one = stored["band_powers"]
    assert set(one["view_index"].values.ravel()) == set(range(500))
    indices = one["simulation_index"].values[:30]
    first, second = (view(indices, one["view_index"].values[v, :30]) for v in (0, 1))
    assert np.abs(first - second).max() > 0.01
    features_of = jax.jit(lambda x: jax.lax.map(source.features, x))
    for v, x in enumerate((first, second)):
        np.testing.assert_allclose(features_of(x), one["features"].values[v, :30], atol=1e-3)


def test_summaries_that_are_not_finite_stop_the_run(on_features, stored):
    compressor = on_features.compressors[0]
    params = jax.tree.map(lambda leaf: leaf * jnp.nan, compressor.params)
    broken = Compressor(compressor.network, None, params, 6)
    with pytest.raises(ValueError, match=r"20 of 20 simulations are invalid \(.*\); at most 0\.5% may be"):
        summaries.compress_features(stored["band_powers"].isel(simulation=slice(20)), broken)


def test_stored_features_are_those_of_the_maps(source, stored, maps):
    one = stored["band_powers"]
    assert one["features"].dims == ("view", "simulation", "entry")
    assert one["features"].shape[:2] == (2, 250)
    np.testing.assert_allclose(jax.jit(source.prior.to_constrained)(one["u"].values), one["theta"], rtol=1e-4)
    several_sets = map_features.lensing_feature_sets(small_lensing(), NAMES)
    several, alone = jax.jit(lambda x: (several_sets(x), source.features(x)))(maps[0])
    np.testing.assert_allclose(several["band_powers"], alone, rtol=1e-4, atol=1e-5)
    assert several["gaussian_score"].shape == (6,)


def test_seeds_train_on_different_simulations_where_there_are_enough(stored, monkeypatch):
    seen = {}
    monkeypatch.setattr(compression, "fit_compressor", lambda *_, **named: (seen.update(named), ([], None))[1])
    compression.train_on_features(stored["band_powers"], Training("mse", [0, 1], 0, 100), SETTINGS)
    first, second = seen["rows"]
    # 90 train and 10 validate, of 240 and 10; both views of each.
    assert len(first) == len(second) == 2 * 90
    assert not set(first) & set(second)
    assert set(first) == {*range(90), *range(240, 330)}
    with pytest.raises(ValueError, match="251 simulations are asked for, but only 250 are stored"):
        compression.train_on_features(stored["band_powers"], Training("mse", [0], 0, 251), SETTINGS)


def test_a_loss_of_the_fiducial_point_needs_derivatives_and_no_maps(stored, maps_of_stored, file):
    with pytest.raises(ValueError, match="needs derivatives of the features at the fiducial point"):
        compression.train_on_features(stored["band_powers"], Training("imnn", [0], 0), SETTINGS)
    derivative = ("simulation", "parameter", "entry"), np.zeros((250, 6, stored["band_powers"].sizes["entry"]))
    at_fiducial = stored["band_powers"].isel(view=slice(1)).assign(derivative=derivative)
    with pytest.raises(ValueError, match="'imnn' is trained at the fiducial point, of which no maps are made anew"):
        compression.train_on_features(at_fiducial, Training("imnn", [0], 0), WITH_MAPS, maps=maps_of_stored)
    with pytest.raises(
        ValueError, match=r"'imnn' needs derivatives at the fiducial point: train it with train_on_features"
    ):
        compression.train_compressors(file, Training("imnn", [0], 0), WITH_MAPS)


def test_a_loss_is_one_function(stored, monkeypatch):
    def huber(num_parameters):
        def value(outputs, u):
            size = jnp.abs(outputs - u)
            return jnp.sum(jnp.where(size < 1, size**2 / 2, size - 0.5), axis=-1)

        return regression(num_parameters, num_parameters, value)

    monkeypatch.setitem(LOSSES, "huber", huber)
    made = compression.train_on_features(stored["band_powers"], Training("huber", [0, 1], 0), SETTINGS)
    assert len(made.compressors) == 2
    # Better than the prior's mean for every seed.
    everyone = Batch(jnp.asarray(stored["band_powers"]["u"].values), jnp.zeros((250, 1)), jnp.ones(250))
    blind = huber(6).value({}, lambda x: jnp.zeros((250, 6)), everyone)
    assert made.history.groupby("seed")["validation"].min().max() < blind


def test_exploding_training_names_the_step_and_keeps_the_last_good_checkpoint(stored, monkeypatch, tmp_path, caplog):
    def explosive(num_parameters):
        def value(outputs, u):
            size = jnp.sum(outputs**2, axis=-1)
            return jnp.where(size < 1e5, -size, jnp.nan)

        return regression(num_parameters, num_parameters, value)

    monkeypatch.setitem(LOSSES, "explosive", explosive)
    settings = CompressorSettings.from_budget({**BLOCK, "num_steps": 400, "learning_rate": 0.002})
    resume = Resume(tmp_path / "explosive.safetensors", "a", interval=-1.0)
    with pytest.raises(train.TrainingError, match=r"at or before step [1-9]00: .* lower the learning rate"):
        compression.train_on_features(stored["band_powers"], Training("explosive", [0], 0), settings, resume=resume)
    # The checkpoint is that of an earlier round: what comes next goes on from there and meets the same step.
    with (
        caplog.at_level("INFO", logger="fullfield"),
        pytest.raises(train.TrainingError, match=r"training diverged at or before step") as error,
    ):
        compression.train_on_features(stored["band_powers"], Training("explosive", [0], 0), settings, resume=resume)
    resumed = int(re.search(r"resuming at step (\d+) of", caplog.text)[1])
    diverged = int(re.search(r"before step (\d+)", str(error.value))[1])
    assert 0 < resumed == diverged - 100


@pytest.fixture
def file(tmp_path):
    theta = np.random.default_rng(0).normal(size=(1000, 2))
    np.savez(tmp_path / "a.npz", theta=theta, x=np.concatenate([theta, -theta], axis=1))
    return problem.files_problem(tmp_path / "a.npz", 0, "training")


def test_a_stage_sees_its_share_of_a_file_only(file):
    trained = compression.train_compressors(file, Training("mse", [0], 0), WITH_MAPS)
    assert (trained.num_simulations, trained.num_discarded) == (500, 0)
    assert trained.history["validation"].min() < 0.5
    shares, theta = problem.split_stored(1000), np.asarray(file.prior.to_constrained(file.data[0]))
    for split in ("inference", "calibration"):
        made = summaries.compress_simulations(file, trained.compressors[0], split)
        np.testing.assert_allclose(made.theta, theta[shares[split]], rtol=1e-4, atol=1e-5)
        assert (made.num_discarded, made.summary.shape) == (0, (len(shares[split]), 2))
