"""Spectra of images as functions of parameters, estimated from simulations, and what networks see of them."""

import dataclasses
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.fields import Grid
from fullfield.pairs import pair_indices
from fullfield.pipeline import estimated_spectra, image_features, problem, stored_features
from fullfield.pipeline.gaussian_estimate import GaussianField, bands_of
from fullfield.pipeline.stored_simulations import rows_of
from fullfield.train import FitSettings

NUM, NUM_BINS, N = 3000, 2, 12
GRID = Grid(N, 10.0)
UNITS = np.array([1e-3, 50.0])
NOISE = np.array([2e-4, 12.0])


def true_spectra(u):
    """(..., bins, bins, n, half) power of white-noise maps made red, u_1 its amplitude and u_2 its slope."""
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(N), np.fft.rfftfreq(N), indexing="ij"))
    amplitude, slope = u[..., 0, None, None, None, None], u[..., 1, None, None, None, None]
    shape = np.e ** (0.4 * amplitude) * (k / 0.2 + 0.2) ** (-2 + 0.4 * slope)
    correlated = np.array([[1.0, 0.6], [0.6, 1.0]])
    return correlated[:, :, None, None] * shape


def simulate(rng, u, mean):
    white = np.fft.rfft2(rng.normal(size=(len(u), NUM_BINS, N, N)))
    factor = np.linalg.cholesky(np.moveaxis(true_spectra(u), (1, 2), (3, 4)))
    x = np.fft.irfft2(np.einsum("nyxij,njyx->niyx", factor, white), s=(N, N))
    return UNITS[:, None, None] * (x - x.mean((2, 3), keepdims=True) + mean[:, None, None, None])


def write(path, num=NUM, *, mean=False, **arrays):
    rng = np.random.default_rng(0)
    u = rng.normal(size=(num, 2))
    x = simulate(rng, u, mean * u[:, 0])
    np.savez(path, theta=u, x=x, symmetries=["roll", "flip", "rotate"], **arrays)
    return x


@pytest.fixture(scope="module", autouse=True)
def short_training():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(estimated_spectra, "FIT", FitSettings(num_steps=400, learning_rate=1e-2, weight_decay=0.1))
        yield


@pytest.fixture(scope="module")
def noiseless(tmp_path_factory):
    """Images without their noise, and the features that follow from them."""
    path = tmp_path_factory.mktemp("images") / "a.npz"
    x = write(path, noise_sigma=NOISE)
    source = problem.files_problem(path, 0, "training")
    return x, source, image_features.fit_image_features(source, 0)


@pytest.mark.parametrize("u", [(0.0, 0.0), (1.5, 0.0), (0.0, -1.5)])
def test_spectra_are_those_that_made_the_images(noiseless, u):
    _, source, features = noiseless
    theta = source.prior.to_constrained(jnp.asarray(u))
    i, j = pair_indices(NUM_BINS)
    units = (UNITS / features.scale)[:, None, None]
    spectra = units[:, None] * units * true_spectra(np.asarray(theta))
    expected = GRID.from_quadrant(jnp.asarray(spectra[i, j, : N // 2 + 1], jnp.float32))
    ratio = np.asarray(features.spectra(jnp.asarray(u)))[:, 1:] / expected[:, 1:]
    # Estimated from 1 350 simulations; the correction to the mean spectrum is smooth between bands.
    assert np.abs(np.log(ratio)).max() < 0.25
    assert np.abs(np.log(ratio)).mean() < 0.06


def test_means_over_bands_are_those_of_the_modes(noiseless):
    u, spectra = jnp.array([0.3, -0.7]), dataclasses.replace(noiseless[2].spectra, own_noise=np.array([0.1, 0.2]))
    np.testing.assert_allclose(spectra.in_bands(u), bands_of(GRID).average(spectra(u)), rtol=1e-4)


def with_true_spectra(source, features):
    """Return the Gaussian-field likelihood of the same images with the spectra that made them."""
    i, j = pair_indices(NUM_BINS)
    units = jnp.asarray((UNITS[i] * UNITS[j] / (features.scale[i] * features.scale[j]))[:, None, None])

    def in_bands(u):
        spectra = units * true_spectra(source.prior.to_constrained(u))[i, j, : N // 2 + 1]
        return bands_of(GRID).average(GRID.from_quadrant(spectra.astype(jnp.float32)))

    likelihood = GaussianField(GRID, in_bands, features.noise_sigma, 2)
    return SimpleNamespace(estimate=lambda x: likelihood.estimate(x / features.scale[:, None, None]))


def observe_all(source, keys, x):
    return np.asarray(jax.jit(jax.vmap(source.observe))(keys, jnp.asarray(x, jnp.float32)))


def extract_all(features, x):
    """Return the features of several images, one after another: one program for all tests."""
    return np.stack([jax.jit(features)(one) for one in x])


def test_estimates_are_as_good_as_those_with_the_true_spectra(noiseless):
    x, source, features = noiseless
    rows = rows_of(source.num_stored, "calibration")
    keys = jax.random.split(jax.random.key(0), len(rows))
    observed = observe_all(source, keys, x[rows])
    values = extract_all(features, observed)
    truth = np.asarray(source.data[0])[rows]
    error = np.std(values[:, :2] - truth, axis=0)
    exact = np.asarray(jax.jit(lambda x: jax.lax.map(with_true_spectra(source, features).estimate, x))(observed).u)
    assert values.shape == (len(rows), 7 * 2 + 4 * NUM_BINS)
    assert np.isfinite(values).all()
    assert (error < 1.1 * np.std(exact - truth, axis=0)).all()
    assert (error < 0.7).all()


MOVES = [lambda x: np.roll(x, (3, -5), (1, 2)), lambda x: x[:, ::-1], lambda x: np.swapaxes(x, 1, 2)]


@pytest.mark.parametrize("move", MOVES, ids=["roll", "flip", "transpose"])
def test_symmetries_change_nothing(noiseless, move):
    x, _, features = noiseless
    extract = jax.jit(features)
    np.testing.assert_allclose(extract(jnp.asarray(move(x[0]))), extract(jnp.asarray(x[0])), atol=2e-3)


def test_features_are_read_as_they_were_written(noiseless, tmp_path):
    x, _, features = noiseless
    image_features.save(tmp_path / "a.safetensors", features, {"seed": 0})
    again = image_features.load(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(jax.jit(again)(jnp.asarray(x[1])), jax.jit(features)(jnp.asarray(x[1])))


def test_noise_and_symmetries_are_fresh_at_every_view(noiseless):
    x, source, _ = noiseless
    keys = jax.random.split(jax.random.key(0), 200)
    views = observe_all(source, keys, x[:1].repeat(200, 0))
    variance = views.var((2, 3)).mean(0) - x[0].var((1, 2))
    np.testing.assert_allclose(variance, NOISE**2, rtol=5 * np.sqrt(2 / (200 * N**2)) * 5)
    silent = source._replace(noise_sigma=None)
    moved = observe_all(silent, keys[:20], x[:1].repeat(20, 0))
    np.testing.assert_array_equal(
        np.sort(moved.reshape(20, NUM_BINS, -1)), np.sort(moved[:1].reshape(1, NUM_BINS, -1)).repeat(20, 0)
    )
    assert len({view.tobytes() for view in moved}) > 15


@pytest.mark.parametrize("noise_sigma", [NOISE, None])
def test_maps_made_anew_are_those_of_the_stored_features(noiseless, noise_sigma):
    _, source, features = noiseless
    source = source._replace(features=features, channels=features.channels, noise_sigma=noise_sigma, data=source.data)
    # A few rows of the file stand for it.
    source = source._replace(data=tuple(one[:40] for one in source.data))
    stored = stored_features.extract_stored(source, 0, stored_features.Split("inference", ["images"], 0, 2))
    one = stored.datasets["images"]
    assert one["features"].shape[:2] == ((2 if noise_sigma is not None else 1), 16)
    maps = stored_features.maps_of(source, 0, "inference")
    for view, rows in enumerate(one["view_index"].values):
        x = jax.jit(jax.vmap(maps.view))(one["simulation_index"].values, rows)
        np.testing.assert_allclose(extract_all(features, np.asarray(x)), one["features"].values[view], atol=2e-3)
    # Images, and images filtered at u = 0, in units of their scatter.
    channels = jax.jit(maps.source.channels)(x[0])
    np.testing.assert_allclose(channels[:NUM_BINS], x[0] / features.scale[:, None, None], rtol=1e-5)
    assert (channels[NUM_BINS:].std((1, 2)) < channels[:NUM_BINS].std((1, 2))).all()


def test_means_count_where_they_vary(noiseless, tmp_path, monkeypatch):
    _, _, features = noiseless
    monkeypatch.setattr(estimated_spectra, "FIT", FitSettings(num_steps=100, learning_rate=1e-2))
    assert features.has_mean.tolist() == [0, 0]
    write(tmp_path / "b.npz", 1000, mean=True)
    with_means = image_features.fit_image_features(problem.files_problem(tmp_path / "b.npz", 0, "training"), 0)
    assert with_means.has_mean.tolist() == [1, 1]
    # What no noise is declared of has some of its smallest power taken for it.
    assert (with_means.noise_sigma > 0.05).all()
    np.testing.assert_array_equal(with_means.spectra.own_noise, with_means.noise_sigma)
    np.testing.assert_array_equal(features.spectra.own_noise, 0.0)


def test_bins_that_copy_each_other_are_refused(tmp_path):
    x = np.random.default_rng(0).normal(size=(1000, 1, N, N))
    np.savez(tmp_path / "a.npz", theta=x[:, 0, 0, :2], x=np.concatenate([x, x], 1), symmetries=["roll"])
    source = problem.files_problem(tmp_path / "a.npz", 0, "training")
    with pytest.raises(ValueError, match=r"of 27 modes of the images' mean spectrum are not positive definite: bins"):
        image_features.fit_image_features(source, 0)
