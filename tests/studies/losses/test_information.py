"""Explicit posteriors over the prior, put together from the jobs that share them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from fullfield.pipeline.mock_posteriors import MockPosteriors
from fullfield.studies.losses import information
from fullfield.studies.losses.map_information import Entropies
from fullfield.tasks import ProductPrior, TruncatedNormal

PRIOR = ProductPrior((TruncatedNormal(1.0, 2.0), TruncatedNormal(-3.0, 0.5)))
NUM_CHAINS, NUM_DRAWS = 3, 5


def part(seed, passed):
    rng = np.random.default_rng(seed)
    theta = np.asarray(PRIOR.to_constrained(jnp.asarray(rng.normal(size=(len(passed), 2)))), np.float32)
    draws = theta[:, None, None] + rng.normal(size=(len(passed), NUM_CHAINS, NUM_DRAWS, 2)).astype(np.float32)
    x = rng.normal(size=(len(passed), 2, 4, 4)).astype(np.float32)
    mocks = MockPosteriors(theta, x, draws, theta, np.array(passed), num_discarded=0, num_gradients=1)
    return information.part_dataset(mocks, ["a", "b"])


def entropies_of(asked):
    def posterior_entropies(key, draws):
        asked.append(draws)
        return Entropies(np.arange(len(draws)) + 0.1, np.arange(len(draws)) + 0.0)

    return posterior_entropies


def test_mocks_that_pass_are_kept_with_all_their_draws(monkeypatch):
    asked = []
    monkeypatch.setattr(information, "posterior_entropies", entropies_of(asked))
    parts = [part(0, [True, False, True]), part(1, [True, True, False])]
    dataset, num_slow = information.mock_dataset(parts, PRIOR, jax.random.key(0))
    assert num_slow == 2
    together = xr.concat(parts, dim="mock").isel(mock=[0, 2, 3, 4])
    np.testing.assert_array_equal(dataset["x"], together["x"])
    np.testing.assert_allclose(PRIOR.to_constrained(jnp.asarray(dataset["u"].values)), together["theta"], rtol=1e-5)
    assert dataset["draws"].shape == (4, NUM_CHAINS * NUM_DRAWS, 2)
    expected = together["draws"].values.reshape(4, -1, 2)
    np.testing.assert_allclose(
        PRIOR.to_constrained(jnp.asarray(dataset["draws"].values)), expected, rtol=1e-4, atol=1e-4
    )
    assert asked[0].shape == (4, NUM_CHAINS, NUM_DRAWS, 2)
    np.testing.assert_array_equal(dataset["entropy"], np.arange(4.0))
    assert dataset["parameter"].values.tolist() == ["a", "b"]


def test_too_few_that_pass_are_refused():
    with pytest.raises(ValueError, match="the chains of 3 of 4 mock observations pass the gate; 4 are needed"):
        information.mock_dataset([part(0, [True, True, True, False])], PRIOR, jax.random.key(0))
