"""The summary network: blind to rolls by whole patches, and only a perceptron where there are no channels."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.compress.networks import SummaryNetwork

PATCH = 4
MAPS = jax.random.normal(jax.random.key(0), (3, 2, 16, 16))
FEATURES = jax.random.normal(jax.random.key(1), (3, 5))


@pytest.fixture(scope="module", params=[1, 2])
def trained(request):
    network = SummaryNetwork(4, num_channels=8, num_blocks=request.param, patch=PATCH, num_hidden=16)
    return network, network.init(jax.random.key(2), FEATURES, MAPS)


def test_rolls_by_patches_change_nothing(trained):
    network, params = trained
    before = network.apply(params, FEATURES, MAPS)
    assert before.shape == (3, 4)
    for shift in ((PATCH, 0), (0, -PATCH), (2 * PATCH, 3 * PATCH)):
        rolled = network.apply(params, FEATURES, jnp.roll(MAPS, shift, (2, 3)))
        np.testing.assert_allclose(rolled, before, atol=1e-5)


def test_other_moves_and_the_features_are_seen(trained):
    network, params = trained
    before = network.apply(params, FEATURES, MAPS)
    for maps, features in (
        (jnp.roll(MAPS, 1, 2), FEATURES),
        (MAPS[:, ::-1], FEATURES),
        (MAPS, FEATURES + 1.0),
    ):
        assert np.abs(np.asarray(network.apply(params, features, maps) - before)).max() > 1e-3


def test_rows_of_a_batch_do_not_see_each_other(trained):
    network, params = trained
    alone = jnp.concatenate([network.apply(params, FEATURES[i : i + 1], MAPS[i : i + 1]) for i in range(3)])
    np.testing.assert_allclose(network.apply(params, FEATURES, MAPS), alone, atol=1e-5)


def test_without_channels_the_maps_are_not_looked_at():
    network = SummaryNetwork(2, num_channels=0, num_hidden=16)
    params = network.init(jax.random.key(2), FEATURES)
    np.testing.assert_array_equal(
        network.apply(params, FEATURES), network.apply(params, FEATURES, jnp.full_like(MAPS, jnp.nan))
    )


def test_convolutions_ask_for_maps(trained):
    network, params = trained
    with pytest.raises(ValueError, match="this network has convolutions and was given no maps"):
        network.apply(params, FEATURES)
