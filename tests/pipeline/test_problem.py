"""Problems: simulations by index, shares of a file, and coordinates that are standard normal under the prior."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_problem import NOISE, NUM_BINS, NUM_PIXELS, SURVEY, small_lensing

from fullfield.pipeline import problem
from fullfield.pipeline.source import Problem
from fullfield.survey import Survey
from fullfield.theory import surrogate as surrogates


@pytest.fixture(scope="module")
def setup():
    return small_lensing()


@pytest.fixture
def file(tmp_path):
    rng = np.random.default_rng(0)
    theta = rng.uniform(0.0, 2.0, size=(1001, 2))
    x = theta[:, :1] + rng.normal(size=(1001, 3))
    path = tmp_path / "simulations.npz"
    np.savez(path, theta=theta, x=x, low=np.zeros(2), high=np.array([2.0, np.inf]), parameter_names=["a", "b"])
    return path, theta, x


def test_a_simulation_is_remade_from_its_index(setup):
    one = problem.lensing_problem(setup, 0, "compressor")
    other = problem.lensing_problem(setup, 0, "inference")
    u, kappa, valid = one.generate(jnp.array(3), one.data)
    again = one.generate(jnp.array(3), one.data)
    np.testing.assert_array_equal(kappa, again[1])
    np.testing.assert_array_equal(u, again[0])
    assert bool(valid)
    assert kappa.shape == (NUM_BINS, NUM_PIXELS, NUM_PIXELS)
    for different in (one.generate(jnp.array(4), one.data), other.generate(jnp.array(3), other.data)):
        assert not np.allclose(kappa, different[1])


def test_parameters_come_from_the_prior(setup):
    source = problem.lensing_problem(setup, 0, "compressor")
    u = np.asarray(
        jax.jit(lambda index: jax.lax.map(lambda i: source.generate(i, source.data)[0], index))(jnp.arange(400))
    )
    np.testing.assert_allclose(u.mean(), 0.0, atol=5 / np.sqrt(u.size))
    np.testing.assert_allclose(u.std(), 1.0, rtol=5 / np.sqrt(2 * u.size))


@pytest.mark.parametrize("mean_convergence", ["unknown", "measured"])
def test_observations_add_a_symmetry_and_the_noise_of_each_bin(mean_convergence):
    source = problem.lensing_problem(small_lensing(mean_convergence), 0, "compressor")
    silent = jnp.zeros((NUM_BINS, NUM_PIXELS, NUM_PIXELS))
    noise = jax.vmap(source.observe, (0, None))(jax.random.split(jax.random.key(0), 50), silent)
    size = 50 * NUM_PIXELS**2
    np.testing.assert_allclose(noise.std((0, 2, 3)), NOISE, rtol=5 / np.sqrt(2 * size))
    ramp = jnp.broadcast_to(jnp.arange(NUM_PIXELS, dtype=jnp.float32), silent.shape)
    seen = source.observe(jax.random.key(1), ramp)
    assert np.abs(np.asarray(seen - ramp)).max() > 0.9
    centred = np.sort(seen - seen.min(), axis=None)
    np.testing.assert_array_equal(np.rint(centred), np.sort(ramp, axis=None))
    mean = 0.0 if mean_convergence == "unknown" else (NUM_PIXELS - 1) / 2
    np.testing.assert_allclose(seen.mean((1, 2)), mean, atol=5 * NOISE.max() / NUM_PIXELS)


def test_simulations_on_file_come_row_by_row(file):
    path, theta, x = file
    source = problem.files_problem(path, 0, "training")
    assert source.parameter_names == ("a", "b")
    assert (source.num_stored, source.channels, source.features) == (1001, None, None)
    assert not hasattr(source, "task")
    u, row, valid = source.generate(jnp.array(7), source.data)
    np.testing.assert_allclose(row, x[7], rtol=1e-6)
    np.testing.assert_allclose(source.prior.to_constrained(u), theta[7], rtol=1e-4)
    np.testing.assert_array_equal(source.observe(jax.random.key(0), row), row)
    assert bool(valid)


def test_no_draw_leaves_the_bounds_of_the_file(file):
    prior = problem.files_problem(file[0], 0, "training").prior
    draws = np.asarray(prior.to_constrained(3.0 * jax.random.normal(jax.random.key(0), (5000, 2))))
    assert draws.min() >= 0.0
    assert draws[:, 0].max() <= 2.0 < draws[:, 1].max()


@pytest.mark.parametrize("num_stored", [1000, 1001, 4567])
def test_shares_are_disjoint_and_complete(num_stored):
    shares = problem.split_stored(num_stored)
    assert list(shares) == ["compressor", "validation", "inference", "calibration"]
    np.testing.assert_array_equal(np.concatenate(list(shares.values())), np.arange(num_stored))
    fractions = [len(share) / num_stored for share in shares.values()]
    np.testing.assert_allclose(fractions, [0.45, 0.05, 0.4, 0.1], atol=1.0 / num_stored)


def test_the_configured_task_is_loaded(file):
    assert problem.load("files", file[0], 0, "inference").num_stored == 1001


def test_simulator_and_file_offer_the_same(setup, file):
    for source in (problem.lensing_problem(setup, 0, "compressor"), problem.files_problem(file[0], 0, "training")):
        assert isinstance(source, Problem)


def test_what_is_trained_on_a_file_sees_it_as_it_is(file):
    source = problem.files_problem(file[0], 0, "training")
    assert source.source.observe is None


def test_features_are_chosen_by_name_and_count_their_gradients(setup):
    x = jax.random.normal(jax.random.key(0), setup.task.latent_shape) * 0.01
    scores = problem.lensing_problem(setup, 0, "compressor", "field_scores")
    assert scores.features(x).shape == (6 + 4 * 7,)
    assert scores.num_feature_gradients == 4
    assert problem.lensing_problem(setup, 0, "compressor", "spectra").num_feature_gradients == 0


def test_the_file_of_the_surrogate_says_which_survey_it_is(tmp_path):
    survey = Survey.from_mapping(SURVEY)
    arrays = {
        "coefficients": jnp.zeros((7, 1 + NUM_BINS)),
        "basis": jnp.zeros((1, 3 * 8)),
        "offset_factor": jnp.full((3, 8), -9.0),
        "offset_shift": jnp.full(NUM_BINS, -4.0),
        "ell": jnp.geomspace(30.0, 420.0, 8),
    }
    path = tmp_path / "surrogate.safetensors"
    surrogates.save(path, surrogates.Surrogate(**arrays, degree=1, survey=survey, num_pixels=NUM_PIXELS))
    setup = problem.load_lensing(path)
    assert (setup.survey, setup.theory.survey) == (survey, survey)
    assert (setup.grid.num_pixels, setup.grid.field_deg) == (NUM_PIXELS, SURVEY["field_deg"])
    np.testing.assert_array_equal(setup.noise_sigma, survey.noise_sigma(setup.grid.pixel_arcmin))
    assert problem.load("lensing", path, 0, "inference").grid == setup.grid
