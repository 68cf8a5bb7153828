"""Entropies of many posteriors: bounded by a flow, estimated in its base space, for laws whose entropy is known."""

import jax
import numpy as np
import pytest

from fullfield.metrics.entropy import gaussian_entropy
from fullfield.studies.losses.entropies import posterior_entropies
from fullfield.train import FitSettings

NUM_MOCKS, NUM_CHAINS, NUM_DRAWS, SIZE = 16, 3, 300, 3
BRIEF = FitSettings(300, learning_rate=3e-3, patience=10)
BRIEFER = FitSettings(100, learning_rate=3e-3, patience=10)


def posteriors(rng, *, bend):
    """Return draws (mock, chain, draw, p) of laws bent along their first axis, and their entropies."""
    draws, entropies = [], []
    for _ in range(NUM_MOCKS):
        z = rng.normal(size=(NUM_CHAINS, NUM_DRAWS, SIZE))
        width = rng.uniform(0.3, 0.6)
        z[..., 1] = width * z[..., 1] + bend * (z[..., 0] ** 2 - 1.0)
        factor = np.linalg.cholesky(np.cov(rng.normal(size=(SIZE, 3 * SIZE)))) * rng.uniform(0.2, 0.6)
        draws.append(z @ factor.T + rng.normal(size=SIZE))
        entropies.append(gaussian_entropy(np.eye(SIZE)) + np.log(width) + np.linalg.slogdet(factor)[1])
    return np.array(draws), np.array(entropies)


@pytest.mark.slow
def test_entropies_are_bounded_and_estimated():
    draws, exact = posteriors(np.random.default_rng(0), bend=0.4)
    found = posterior_entropies(jax.random.key(0), draws, BRIEF)
    # log q scatters by sqrt(p / 2) a draw.
    error = np.sqrt(SIZE / 2 / (NUM_CHAINS * NUM_DRAWS * NUM_MOCKS))
    assert -4 * error < np.mean(found.bound - exact) < 0.12
    assert abs(np.mean(found.estimate - exact)) < 0.08
    assert abs(np.mean(found.estimate - exact)) < 0.6 * np.mean(found.bound - exact)
    # Chains of another posterior are found out.
    mixed = draws.copy()
    mixed[:, 0] = np.roll(mixed[:, 0], 1, axis=0)
    assert np.mean(posterior_entropies(jax.random.key(0), mixed, BRIEFER).bound - exact) > 0.5


def test_two_chains_are_too_few():
    with pytest.raises(ValueError, match="2 chains of a posterior: .* at least 3 are needed"):
        posterior_entropies(jax.random.key(0), np.zeros((4, 2, 10, 2)))
