"""The posteriors of the Gaussian-field and the power-spectrum likelihood, against importance sampling of the prior."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from laws import chain_pulls
from small_problem import small_lensing

from fullfield import tasks
from fullfield.fields import PowerSpectrumEstimator
from fullfield.pipeline.gaussian_posterior import check_noise, sample_gaussian, whiten
from fullfield.pipeline.parameter_chains import ParameterChains
from fullfield.pipeline.power_spectrum_posterior import (
    NUM_BANDS,
    BandCovariance,
    band_covariance,
    sample_power_spectrum,
)
from fullfield.pipeline.setup import gaussian_field_of
from fullfield.tasks.lensing import spectrum_on_grid
from fullfield.tasks.task import simulate_one

NUM_PRIOR_DRAWS = 40_000
SETTINGS = ParameterChains.from_budget(
    {"num_chains": 4, "num_warmup": 300, "num_draws": 1000, "max_rhat": 1.02, "min_ess": 400}
)


@pytest.fixture(scope="module")
def setup():
    return small_lensing()


@pytest.fixture(scope="module")
def x(setup):
    theta = jnp.asarray(setup.task.fiducial)
    return np.asarray(jax.jit(lambda key: simulate_one(key, setup.task, theta, sites=("x",))["x"])(jax.random.key(3)))


@pytest.fixture(scope="module")
def covariance(setup):
    return band_covariance(jax.random.key(4), setup, 400)


def assert_mean_is_that_of_weighted_prior_draws(draws, log_likelihood, prior):
    """Compare means of u; the errors of both sides count."""
    u = jax.random.normal(jax.random.key(8), (NUM_PRIOR_DRAWS, draws.shape[-1]))
    likelihoods = jax.jit(lambda u: jax.lax.map(lambda u: log_likelihood(prior.to_constrained(u)), u))
    values = np.asarray(likelihoods(u), np.float64)
    weight = np.exp(values - values.max())
    weight /= weight.sum()
    mean = weight @ np.asarray(u, np.float64)
    error = np.sqrt(weight**2 @ (np.asarray(u) - mean) ** 2)
    assert 1.0 / np.sum(weight**2) > 100
    deviation = np.asarray(draws, np.float64).mean((0, 1)) - mean
    own = deviation / chain_pulls(draws, mean)
    assert np.abs(deviation / np.hypot(error, own)).max() < 5.0
    # The posterior is not the prior, so the comparison means something.
    assert np.abs(mean / np.hypot(error, own)).max() > 5.0


def test_gaussian_field(setup, x):
    chains = sample_gaussian(jax.random.key(5), setup.task, x[None], SETTINGS.chains)
    assert_mean_is_that_of_weighted_prior_draws(chains.draws, setup.task.approximation(x), setup.task.prior)
    whitening = whiten(chains.draws)
    draws = np.asarray(chains.draws, np.float64).reshape(-1, 6)
    white = np.linalg.solve(whitening.factor[0], (draws - whitening.mean[0]).T)
    np.testing.assert_allclose(np.cov(white), np.eye(6), atol=1e-3)
    np.testing.assert_allclose(white.mean(1), 0.0, atol=1e-3)


def test_power_spectrum(setup, x, covariance):
    chains = sample_power_spectrum(jax.random.key(6), setup, covariance, x[None], SETTINGS.chains)
    estimator = PowerSpectrumEstimator(setup.grid, NUM_BANDS)
    precision = covariance.hartlap * np.linalg.inv(covariance.matrix)
    spectrum = spectrum_on_grid(setup.grid, setup.theory, setup.theory.ell)
    noise = np.array([0.004**2, 0.0, 0.005**2])[:, None] * setup.grid.pixel_area
    scale = np.sqrt(covariance.matrix.diagonal())
    precision = (precision * np.outer(scale, scale)).astype(np.float32)
    measured = np.asarray(jax.jit(estimator)(x)).ravel()

    def log_likelihood(theta):
        expected = estimator.average(spectrum(theta)) * setup.grid.pixel_area + noise
        residual = (measured - expected.ravel()) / scale
        return -0.5 * residual @ precision @ residual

    assert_mean_is_that_of_weighted_prior_draws(chains.draws, log_likelihood, setup.task.prior)


def test_covariance_is_that_of_the_band_powers(setup, covariance):
    estimator = PowerSpectrumEstimator(setup.grid, NUM_BANDS)
    assert covariance.matrix.shape == (3 * len(estimator.ell),) * 2
    assert covariance.hartlap == pytest.approx((400 - len(covariance.matrix) - 2) / 399)
    # Gaussian errors, 2 C^2 / n modes, hold within Monte-Carlo and the lognormal excess.
    theta = jnp.asarray(setup.task.fiducial)
    spectrum = spectrum_on_grid(setup.grid, setup.theory, setup.theory.ell)
    average = np.asarray(jax.jit(lambda theta: estimator.average(spectrum(theta)))(theta))
    level = average[0] * setup.grid.pixel_area + 0.004**2 * setup.grid.pixel_area
    gaussian = 2.0 * level**2 / estimator.num_modes
    ratio = covariance.matrix.diagonal()[: len(level)] / gaussian
    assert (ratio > 0.6).all()
    assert (ratio < 3.0).all()


def test_hartlap_factor_makes_the_inverse_unbiased():
    rng = np.random.default_rng(0)
    inverses = []
    for _ in range(400):
        covariance = BandCovariance(np.cov(rng.normal(size=(40, 10)), rowvar=False), 40)
        inverses.append(covariance.hartlap * np.trace(np.linalg.inv(covariance.matrix)) / 10)
    assert abs(np.mean(inverses) - 1.0) < 5 * np.std(inverses) / np.sqrt(400)


def test_too_few_simulations_for_the_covariance(setup):
    with pytest.raises(ValueError, match="20 simulations for the covariance of .* raise .*explicit.num_covariance"):
        band_covariance(jax.random.key(0), setup, 20)


def test_a_task_without_an_approximate_likelihood():
    task = tasks.make("linear_gaussian")
    with pytest.raises(ValueError, match="task 'linear_gaussian' has no approximate likelihood"):
        sample_gaussian(jax.random.key(0), task, np.zeros((1, 8), np.float32), SETTINGS.chains)


def test_a_map_that_is_not_finite(setup, x):
    with pytest.raises(
        ValueError, match=r"the log density is not finite at 4 of 4 starting points \(such as nan\), drawn 10 times"
    ):
        sample_gaussian(jax.random.key(0), setup.task, np.full_like(x, np.nan)[None], SETTINGS.chains)


def test_a_map_of_another_noise_level_is_refused(setup, x):
    spectrum_at = spectrum_on_grid(setup.grid, setup.theory, setup.theory.ell)

    def fitted(assumed):
        field = gaussian_field_of(setup._replace(noise_sigma=assumed))
        return jax.jit(lambda x: spectrum_at(setup.task.prior.to_constrained(field.estimate(x).u)))(x)

    check_noise(setup.grid, fitted(setup.noise_sigma), setup.noise_sigma, x)
    # Less noise than assumed: no signal is negative, so no parameters explain it.
    message = r"bin [12] of the map has 0\..* times the power on small scales .* is its noise"
    with pytest.raises(ValueError, match=message):
        check_noise(setup.grid, fitted(2.0 * setup.noise_sigma), 2.0 * setup.noise_sigma, x)
    # More noise than assumed: power laws could explain it, the fiducial ones do not.
    fiducial = jax.jit(spectrum_at)(jnp.asarray(setup.task.fiducial))
    with pytest.raises(ValueError, match=r"bin [12] of the map has [2-9].* times the power on small scales"):
        check_noise(setup.grid, fiducial, 0.5 * setup.noise_sigma, x)
