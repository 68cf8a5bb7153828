"""Keys of the stages: reproducible, typed, and different for every seed and name."""

import itertools

import jax
import numpy as np
import scipy.stats

from fullfield.keys import stage_key

NAMES = [(), ("fit",), ("train_estimator", "vmim"), ("vmim", "train_estimator"), ("train_estimator",), ("fit", 0)]


def test_keys_are_typed_scalars_and_reproducible():
    key = stage_key(0, "simulate", "vmim", 3)
    assert jax.dtypes.issubdtype(key.dtype, jax.dtypes.prng_key)
    assert key.shape == ()
    np.testing.assert_array_equal(jax.random.key_data(key), jax.random.key_data(stage_key(0, "simulate", "vmim", 3)))


def test_seeds_and_names_give_different_keys():
    keys = [stage_key(seed, *names) for seed, names in itertools.product((0, 1, 2), NAMES)]
    assert len({tuple(np.asarray(jax.random.key_data(key))) for key in keys}) == len(keys)


def test_integers_stand_for_their_digits():
    assert stage_key(0, "fit", 3) == stage_key(0, "fit", "3")


def test_streams_of_neighbouring_stages_are_uncorrelated():
    streams = np.stack([jax.random.normal(stage_key(0, "fit", index), (4000,)) for index in range(4)])
    correlation = np.corrcoef(streams)[np.triu_indices(4, 1)]
    assert np.abs(correlation).max() < 5 / np.sqrt(4000)
    assert all(scipy.stats.kstest(stream, scipy.stats.norm.cdf).pvalue > 1e-4 for stream in streams)
