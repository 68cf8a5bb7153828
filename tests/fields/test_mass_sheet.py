"""Noise about maps whose means are unknown: its density, its draws, and what an offset does."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from fullfield.fields.mass_sheet import MeanFreeNormal
from fullfield.survey import remove_mean

SIGMA = np.array([0.5, 2.0])[:, None, None]
KAPPA = np.random.default_rng(0).normal(size=(2, 4, 4)).astype(np.float32)


@pytest.fixture
def law():
    return MeanFreeNormal(jnp.asarray(KAPPA), SIGMA)


def test_draws_have_no_mean_and_the_noise_of_what_is_left(law):
    draws = np.asarray(law.sample(jax.random.key(0), (2000,)))
    assert np.abs(draws.mean((-2, -1))).max() < 1e-5
    # Of 16 pixels 15 are left.
    error = np.sqrt(2 / (2000 * 15))
    np.testing.assert_allclose(
        (draws - remove_mean(KAPPA)).std((0, 2, 3)), SIGMA[:, 0, 0] * np.sqrt(15 / 16), rtol=5 * error
    )


def test_density_is_that_of_any_coordinates_of_what_is_left(law):
    x = np.asarray(law.sample(jax.random.key(1)), np.float64)
    # Differences from the last pixel, with the Jacobian that makes them orthonormal.
    residual = (x - KAPPA).reshape(2, 16)
    differences = residual[:, :-1] - residual[:, -1:]
    covariance = np.eye(15) + 1.0
    log_jacobian = np.linalg.slogdet(covariance)[1] / 2
    expected = sum(
        scipy.stats.multivariate_normal(cov=sigma**2 * covariance).logpdf(row) + log_jacobian
        for sigma, row in zip(SIGMA.ravel(), differences, strict=True)
    )
    assert float(law.log_prob(jnp.asarray(x, jnp.float32))) == pytest.approx(expected, rel=1e-5)


def test_an_offset_changes_nothing(law):
    x = law.sample(jax.random.key(1))
    offset = jnp.array([3.0, -1.0])[:, None, None]
    assert float(law.log_prob(x + offset)) == pytest.approx(float(law.log_prob(x)), rel=1e-5)
    gradient = jax.grad(lambda x: law.log_prob(x))
    np.testing.assert_allclose(gradient(x + offset), gradient(x), atol=1e-5)
    np.testing.assert_allclose(gradient(x).sum((1, 2)), 0.0, atol=1e-4)


def test_a_batch_has_a_density_for_each_of_its_maps():
    batch = jnp.stack([jnp.asarray(KAPPA), jnp.asarray(2 * KAPPA)])
    law = MeanFreeNormal(batch, SIGMA)
    x = law.sample(jax.random.key(2))
    assert law.batch_shape == (2,)
    single = [MeanFreeNormal(kappa, SIGMA).log_prob(one) for kappa, one in zip(batch, x, strict=True)]
    np.testing.assert_allclose(law.log_prob(x), single, rtol=1e-6)
