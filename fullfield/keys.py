"""Random keys: integer seeds outside, typed JAX keys inside."""

import zlib

import jax

from fullfield.types import RandomKey


def stage_key(seed: int, *names: str | int) -> RandomKey:
    """Return the key of one named stage, key = fold_in(...fold_in(key(seed), crc32(name_1))...).

    Parameters
    ----------
    seed
        Integer seed, as it stands in the configuration and in file names.
    *names
        What the key is for, e.g. ``"train_estimator", "vmim"``; different names give independent keys.

    Returns
    -------
    RandomKey
        A typed scalar key.
    """
    key = jax.random.key(seed)
    for name in names:
        key = jax.random.fold_in(key, zlib.crc32(str(name).encode()))
    return key
