"""Monte-Carlo laws shared by the tests: errors are computed from the sample itself."""

import arviz
import numpy as np

MAX_PULL = 5.0
"""Largest deviation allowed, in standard errors."""


def pulls(samples, expected):
    """Return (mean - expected) / standard error for independent rows of `samples`."""
    samples = np.asarray(samples, np.float64)
    return (samples.mean(0) - expected) / (samples.std(0, ddof=1) / np.sqrt(len(samples)))


def chain_pulls(values, expected):
    """Return (mean - expected) / standard error for correlated `values` (chain, draw, k), the error from their ESS."""
    values = np.asarray(values, np.float64)
    error = arviz.mcse(arviz.convert_to_dataset({"f": values}), method="mean")["f"].values
    return (values.mean((0, 1)) - expected) / error


def moment_pulls(draws, mean, covariance):
    """Return the pulls of all means and (co)variances of `draws` (chain, draw, p) about known ones."""
    i, j = np.triu_indices(len(mean))
    residual = np.asarray(draws, np.float64) - mean
    values = np.concatenate([residual, residual[..., i] * residual[..., j]], axis=-1)
    return chain_pulls(values, np.concatenate([np.zeros(len(mean)), np.asarray(covariance)[i, j]]))


def assert_moments(draws, mean, covariance):
    """Hold chains to a known mean and covariance within `MAX_PULL` Monte-Carlo errors."""
    worst = np.abs(moment_pulls(draws, mean, covariance)).max()
    assert worst < MAX_PULL, f"a moment is {worst:.1f} Monte-Carlo errors from its exact value"
