"""The prior's law, its bounds, and its exact map to standard-normal coordinates."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from fullfield.tasks import ProductPrior, TruncatedNormal
from fullfield.tasks.prior import Uniform, default_prior

MIN_P_VALUE = 1e-4
NUM = 4000
PRIORS = {
    "lensing": default_prior(),
    "unbounded": ProductPrior((TruncatedNormal(1.0, 2.0), TruncatedNormal(-3.0, 0.1))),
    "uniform": ProductPrior((Uniform(-3.0, 1.0), TruncatedNormal(2.0, 0.5), Uniform(10.0, 10.5))),
    "one-sided": ProductPrior((TruncatedNormal(0.0, 1.0, low=1.5), TruncatedNormal(0.0, 1.0, high=-1.0))),
}
over_priors = pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS.keys())


@functools.cache
def compiled(prior):
    """(to_constrained, to_unconstrained, log_prob, log_det), compiled."""
    return tuple(map(jax.jit, (prior.to_constrained, prior.to_unconstrained, prior.log_prob, prior.log_det)))


def scipy_marginals(prior):
    for marginal in prior.marginals:
        if isinstance(marginal, Uniform):
            yield scipy.stats.uniform(marginal.low, marginal.high - marginal.low)
            continue
        low, high = ((bound - marginal.loc) / marginal.scale for bound in (marginal.low, marginal.high))
        yield scipy.stats.truncnorm(low, high, marginal.loc, marginal.scale)


def white(prior, num=500, scale=1.0):
    return scale * np.asarray(jax.random.normal(jax.random.key(0), (num, len(prior.marginals))))


@over_priors
def test_draws_follow_the_truncated_normal_law(prior):
    theta = np.asarray(jax.jit(lambda key: prior.sample(key, (NUM,)))(jax.random.key(1)))
    for draws, marginal in zip(theta.T, scipy_marginals(prior), strict=True):
        assert scipy.stats.kstest(draws, marginal.cdf).pvalue > MIN_P_VALUE
        assert scipy.stats.kstest(draws + 0.2 * marginal.std(), marginal.cdf).pvalue < MIN_P_VALUE


@over_priors
def test_unconstrained_coordinates_of_the_law_are_white_noise(prior):
    """Draws of another program, mapped to u, are standard normal."""
    generator = np.random.default_rng(0)
    theta = np.stack([marginal.rvs(NUM, random_state=generator) for marginal in scipy_marginals(prior)], axis=1)
    u = np.asarray(compiled(prior)[1](theta.astype(np.float32)))
    for column in u.T:
        assert scipy.stats.kstest(column, scipy.stats.norm.cdf).pvalue > MIN_P_VALUE
    correlation = np.corrcoef(u.T)[np.triu_indices(u.shape[1], 1)]
    assert np.abs(correlation).max() < 5 / np.sqrt(NUM)


@over_priors
def test_round_trip(prior):
    u = white(prior)
    # float32 probabilities resolve u to about 6e-8 / phi(u), 1e-4 at |u| = 3.7.
    to_constrained, to_unconstrained, *_ = compiled(prior)
    np.testing.assert_allclose(to_unconstrained(to_constrained(u)), u, atol=2e-3)
    with jax.enable_x64(True):
        u = u.astype(np.float64)
        np.testing.assert_allclose(to_unconstrained(to_constrained(u)), u, atol=1e-8)


@over_priors
def test_density_is_the_one_of_scipy(prior):
    theta = np.asarray(prior.sample(jax.random.key(2), (200,)), np.float64)
    expected = sum(marginal.logpdf(theta[:, p]) for p, marginal in enumerate(scipy_marginals(prior)))
    np.testing.assert_allclose(prior.log_prob(theta), expected, rtol=1e-4)


@over_priors
def test_log_determinant_is_that_of_the_jacobian(prior):
    with jax.enable_x64(True):
        to_constrained, _, _, log_det = compiled(prior)
        u = white(prior).astype(np.float64)
        jacobian = jax.jit(jax.vmap(jax.jacfwd(prior.to_constrained)))(u)
        np.testing.assert_allclose(log_det(u), np.linalg.slogdet(jacobian)[1], atol=1e-8)
        # The derivative is written by hand: hold it to finite differences of the map.
        step = 1e-5
        difference = (to_constrained(u + step) - to_constrained(u - step)) / (2 * step)
        np.testing.assert_allclose(np.diagonal(jacobian, axis1=1, axis2=2), difference, rtol=1e-5)


@over_priors
def test_density_and_coordinates_agree(prior):
    """Hold to log p(theta(u)) + log |d theta / d u| = log N(u; 0, I)."""
    to_constrained, _, log_prob, log_det = compiled(prior)
    u = white(prior)
    expected = scipy.stats.norm.logpdf(np.asarray(u)).sum(1)
    np.testing.assert_allclose(log_prob(to_constrained(u)) + log_det(u), expected, rtol=2e-4)


@over_priors
def test_extreme_coordinates_stay_inside_and_differentiable(prior):
    to_constrained, _, log_prob, log_det = compiled(prior)
    u = jnp.tile(jnp.array([-8.0, -7.0, -6.0, 0.0, 6.0, 7.0, 8.0])[:, None], len(prior.marginals))
    theta = np.asarray(to_constrained(u))
    assert np.isfinite(theta).all()
    assert (theta >= prior.low).all()
    assert (theta <= prior.high).all()
    assert (np.diff(theta, axis=0) >= 0).all()
    expected = scipy.stats.norm.logpdf(np.asarray(u)).sum(1)
    np.testing.assert_allclose(log_prob(theta) + log_det(u), expected, rtol=1e-3)
    for function in (prior.to_constrained, prior.log_det):
        assert np.isfinite(jax.jit(jax.grad(lambda u, function=function: function(u).sum()))(u)).all()


def test_unbounded_marginals_are_standardised():
    prior = PRIORS["unbounded"]
    u = white(prior, scale=3.0)
    to_constrained, _, _, log_det = compiled(prior)
    np.testing.assert_allclose(to_constrained(u), np.array([1.0, -3.0]) + np.array([2.0, 0.1]) * u, rtol=1e-6)
    np.testing.assert_allclose(log_det(u), np.log(0.2), rtol=1e-5)


def test_outside_the_bounds():
    prior = PRIORS["one-sided"]
    outside = jnp.array([[1.4, -2.0], [2.0, -0.9], [2.0, -2.0]])
    _, to_unconstrained, log_prob, _ = compiled(prior)
    np.testing.assert_array_equal(np.isfinite(log_prob(outside)), [False, False, True])
    np.testing.assert_array_equal(np.asarray(to_unconstrained(outside))[:2].diagonal(), [-np.inf, np.inf])
    assert prior.ranges == [(1.5, math.inf), (-math.inf, -1.0)]


@pytest.mark.parametrize(
    ("settings", "shown"), [((0.0, -1.0), "scale=-1.0"), ((0.0, 1.0, 2.0, 1.0), "low=2.0, high=1.0")]
)
def test_errors(settings, shown):
    with pytest.raises(ValueError, match=rf"{shown}.*scale > 0 and low < high are needed"):
        TruncatedNormal(*settings)
