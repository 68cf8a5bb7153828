"""What each loss converges to, on models whose posteriors are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conjugate import MODELS, NUM_TRAIN, NUM_VALIDATION, SETTINGS, fit, trained, untrained

from fullfield.compress import LOSSES
from fullfield.compress.losses import FIDUCIAL, PRIOR, Batch, gaussian_moments, num_gaussian_outputs, register

CLOSE = 0.12
"""Largest root-mean-square distance of a trained moment from the exact one, in posterior standard deviations: where it
is reached, 1.4 % of the mean squared error is due to the training."""


def held_out(model, name):
    """Return exact model, network outputs on the validation rows, and those rows."""
    exact, rows = MODELS[model](), slice(NUM_TRAIN, None)
    network = trained(model, name)[0]
    return exact, np.asarray(jax.jit(network.__call__)(exact.x[rows].astype(np.float32))), rows


def distance(found, expected, covariance):
    """Return the root-mean-square distance per parameter, in posterior standard deviations."""
    deviations = (found - expected) / np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    return np.sqrt(np.mean(deviations**2))


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("name", "moment"), [("mse", "mean"), ("mae", "median"), ("gnll", "mean")])
def test_moments_of_the_posterior(model, name, moment):
    exact, outputs, rows = held_out(model, name)
    expected = getattr(exact, moment)[rows]
    found = outputs[:, : expected.shape[1]]
    assert distance(found, expected, exact.covariance[rows]) < CLOSE
    # The prior's mean, and somebody else's posterior, are far from passing.
    assert distance(0 * found, expected, exact.covariance[rows]) > 5 * CLOSE
    assert distance(np.roll(found, 1, axis=0), expected, exact.covariance[rows]) > 5 * CLOSE


@pytest.mark.slow
def test_mean_and_median_are_told_apart():
    exact, outputs, rows = held_out("gamma_exponential", "mae")
    assert abs(np.mean(outputs - exact.median[rows])) < abs(np.mean(outputs - exact.mean[rows]))


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_gnll_finds_the_covariance(model):
    exact, outputs, rows = held_out(model, "gnll")
    size = exact.u.shape[1]
    factors = np.asarray(jax.jit(jax.vmap(lambda one: gaussian_moments(one, size)[1]))(outputs))
    covariance = np.linalg.inv(factors @ np.swapaxes(factors, 1, 2))
    # Within 5 % in the mean, every entry; correlations included.
    scale = np.sqrt(np.einsum("nii,njj->nij", exact.covariance[rows], exact.covariance[rows]))
    error = (covariance - exact.covariance[rows]) / scale
    assert np.abs(error.mean(0)).max() < 0.05
    assert np.sqrt((error**2).mean()) < 0.15


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_vmim_saturates_the_information(model):
    exact = MODELS[model]()
    loss = trained(model, "vmim")[1]["validation"].min()
    lost = loss + exact.log_prob[NUM_TRAIN:].mean()
    # Both averages are over the same rows; their difference scatters with what the density is off by.
    assert lost < 0.01 * exact.information
    assert lost > -3 * 0.1 / np.sqrt(NUM_VALIDATION)


@pytest.mark.slow
def test_initial_weights_fail_whatever_reads_their_summary():
    exact = MODELS["gamma_exponential"]()
    fresh = untrained(trained("gamma_exponential", "vmim")[0], exact)
    summary = np.asarray(jax.jit(fresh.__call__)(exact.x.astype(np.float32)))
    _, history = fit("vmim", exact.u, summary, SETTINGS["gamma_exponential"])
    assert history["validation"].min() + exact.log_prob[NUM_TRAIN:].mean() > 0.05 * exact.information


def test_gaussian_likelihood_is_that_of_scipy():
    import scipy.stats

    outputs = jnp.array([0.3, -0.2, 0.1, -0.4, 0.5])
    mean, factor = gaussian_moments(outputs, 2)
    u = np.array([0.7, 0.1])
    exact = -scipy.stats.multivariate_normal(np.asarray(mean), np.linalg.inv(factor @ factor.T)).logpdf(u)
    found = LOSSES["gnll"](2).value(
        {}, lambda x: outputs[None], Batch(jnp.asarray(u)[None], jnp.zeros((1, 1)), jnp.ones(1))
    )
    assert float(found) == pytest.approx(exact, rel=1e-5)


def test_what_is_handed_on():
    sizes = {name: (loss(6).num_outputs, loss(6).num_summaries) for name, loss in LOSSES.items()}
    assert sizes["gnll"] == (27, 6)
    assert sizes["gnll_covariance"] == (27, 27)
    assert num_gaussian_outputs(6) == 27
    assert {sizes[name] for name in ("mse", "mae", "vmim", "imnn", "moped")} == {(6, 6)}
    assert {name for name, loss in LOSSES.items() if loss(2).simulations == FIDUCIAL} == {"imnn", "moped"}
    assert LOSSES["mse"](2).simulations == PRIOR


def test_registering_enters_a_loss_under_its_own_name():
    def some_loss(num_parameters):
        return LOSSES["mse"](num_parameters)

    try:
        assert register(some_loss) is some_loss
        assert LOSSES["some_loss"] is some_loss
    finally:
        del LOSSES["some_loss"]
