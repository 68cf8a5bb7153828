"""Products of filtered maps at the Gaussian-field estimate: their definition, and what can be learned from them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_problem import small_lensing

from fullfield.pairs import pair_indices
from fullfield.pipeline import map_features, problem
from fullfield.pipeline.setup import gaussian_field_of
from fullfield.tasks.batches import simulate
from fullfield.tasks.lensing import spectrum_on_grid

NUM_MAPS = 600
NAMES = ("y y", "v y", "q y", "v v", "r y")


@pytest.fixture(scope="module")
def setup():
    return small_lensing()


@pytest.fixture(scope="module")
def maps(setup):
    return simulate(jax.random.key(0), setup.task, NUM_MAPS)


@pytest.fixture(scope="module")
def features(setup, maps):
    """Return those of all maps, and of the first one moved in three ways and with its sign turned."""
    first = np.asarray(maps.x[0])
    moved = [np.roll(first, (3, -5), (1, 2)), first[:, ::-1], np.swapaxes(first, 1, 2), -first]
    extract = map_features.lensing_features(setup, "polyspectra")
    x = np.concatenate([maps.x, moved])
    return np.split(np.asarray(jax.jit(lambda x: jax.lax.map(extract, x))(x)), [NUM_MAPS])


@pytest.fixture(scope="module")
def matrices(setup):
    """Return u -> P on the full plane of modes in double precision, (n, n, bins, bins), without the mean."""
    spectrum = spectrum_on_grid(setup.grid, setup.theory, np.asarray(setup.theory.ell))
    on_distinct = jax.jit(lambda u: spectrum(setup.task.prior.to_constrained(u)))
    size, num_bins = setup.grid.num_pixels, len(setup.noise_sigma)
    frequency = np.abs(np.fft.fftfreq(size, 1 / size)).astype(int)
    i, j = pair_indices(num_bins)

    def full_plane(u):
        entries = np.asarray(on_distinct(u), np.float64)
        full = np.zeros((size, size, num_bins, num_bins))
        full[:, :, i, j] = np.moveaxis(
            entries[:, setup.grid.distinct_index[frequency[:, None], frequency[None]]], 0, -1
        )
        full[:, :, j, i] = full[:, :, i, j]
        full[0, 0] = 0.0
        return full

    return full_plane


def filtered(matrix, maps):
    """Multiply the bins of every mode by a matrix."""
    return np.fft.ifft2(np.einsum("yxij,jyx->iyx", matrix, np.fft.fft2(maps))).real


def test_means_are_those_of_products_of_filtered_maps(setup, matrices, maps, features):
    """In double precision, on the full plane, with matrices inverted by LAPACK."""
    x, row = np.asarray(maps.x[0], np.float64), features[0][0]
    signal = matrices(row[:6])
    y = filtered(
        np.linalg.inv(signal + np.diag(np.asarray(setup.noise_sigma, np.float64) ** 2)),
        x - x.mean((1, 2), keepdims=True),
    )
    w = filtered(signal, y)
    shift = np.asarray(setup.theory(jnp.asarray(setup.task.fiducial))[1], np.float64)[:, None, None]
    v = y * w / shift
    products = (v * w, v * w**2 / shift, v * filtered(signal, v))
    expected = np.concatenate([product.mean((1, 2)) for product in products]) * setup.grid.num_pixels
    np.testing.assert_allclose(np.sinh(row[42:]), expected, rtol=2e-3, atol=2e-3 * np.abs(expected).max())


def test_cubic_answers_are_derivatives_along_the_spectra(setup, matrices, maps, features):
    """[v, y]_p is the derivative of sum_i <y_i w_i^2> N^2 / (2 lambda_i) where w = P(u) y and y is held fixed."""
    shift = np.asarray(setup.theory(jnp.asarray(setup.task.fiducial))[1], np.float64)[:, None, None]
    noise = np.diag(np.asarray(setup.noise_sigma, np.float64) ** 2)
    found, expected = [], []
    for index in range(20):
        x, row = np.asarray(maps.x[index], np.float64), features[0][index]
        u, step = row[:6], 0.05
        y = filtered(np.linalg.inv(matrices(u) + noise), x - x.mean((1, 2), keepdims=True))

        def cubic(u, y=y):
            return np.sum(y * filtered(matrices(u), y) ** 2 / (2 * shift))

        expected.append([(cubic(u + step * e) - cubic(u - step * e)) / (2 * step) for e in np.eye(6, dtype=np.float32)])
        found.append(np.sinh(row[18:24]) * np.exp(row[6:12] / 2))
    found, expected = np.array(found), np.array(expected)
    error = np.sqrt(((found - expected) ** 2).mean(0) / (expected**2).mean(0))
    assert error.max() < 0.01
    # The other answers are something else.
    other = np.sinh(features[0][:20, 24:30]) * np.exp(features[0][:20, 6:12] / 2)
    assert (np.sqrt(((other - expected) ** 2).mean(0) / (expected**2).mean(0)) > 0.2).all()


def test_estimate_and_precision_lead(setup, maps, features):
    estimate = jax.jit(gaussian_field_of(setup).estimate)(maps.x[0])
    np.testing.assert_allclose(features[0][0][:6], estimate.u, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(features[0][0][6:12], np.log(np.diag(estimate.precision)), rtol=1e-4, atol=1e-4)
    assert features[0].shape == (NUM_MAPS, 12 + 6 * len(NAMES) + 3 * len(setup.noise_sigma))


def test_symmetries_change_nothing(features):
    of_maps, of_moved = features
    for row in of_moved[:3]:
        np.testing.assert_allclose(row, of_maps[0], atol=5e-3)


def test_no_gradient_is_counted(setup):
    assert problem.lensing_problem(setup, 0, "compressor", "polyspectra").num_feature_gradients == 0


def test_odd_products_turn_their_sign_with_the_maps(features):
    of_maps, of_moved = features
    is_odd = np.zeros(of_maps.shape[1], bool)
    is_odd[18:24] = is_odd[42:44] = True
    expected = np.where(is_odd, -1.0, 1.0) * of_maps[0]
    np.testing.assert_allclose(of_moved[3], expected, atol=5e-3)


def test_lognormal_maps_are_skewed(features):
    """<v w> of Gaussian maps has zero mean, since both signs are as likely."""
    skewness = features[0][:, 42:44]
    error = skewness.std(0) / np.sqrt(NUM_MAPS)
    assert (skewness.mean(0) > 5 * error).all()


def test_spectra_of_all_modes_say_more_than_the_estimate_in_bands(setup, maps, features):
    u, features = np.asarray(jax.jit(setup.task.prior.to_unconstrained)(maps.theta)), features[0]
    keep = np.isfinite(features).all(1) & (np.asarray(maps.num_invalid) == 0)
    u, estimate, answers = u[keep], features[keep, :6], features[keep, 12:18]

    def residual(columns):
        design = np.concatenate([np.ones((len(u), 1)), columns], axis=1)
        left = u - design @ np.linalg.lstsq(design, u, rcond=None)[0]
        return np.linalg.slogdet(left.T @ left / (len(u) - design.shape[1]))[1] / 2

    def gain(columns):
        return residual(estimate) - residual(np.concatenate([estimate, columns], axis=1))

    # For 6 columns of noise 2 n times the gain is chi squared with 6 * 6 degrees of freedom (Wilks), less its mean.
    noise = np.sqrt(2 * 6 * 6) / (2 * len(u))
    assert gain(answers) > 5 * noise
    assert abs(gain(np.random.default_rng(0).permutation(answers))) < 5 * noise
