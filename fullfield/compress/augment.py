"""Augmentations that leave the law of a homogeneous, isotropic, periodic field unchanged: they cost no simulation."""

import jax
import jax.numpy as jnp

from fullfield.types import Array, Float, RandomKey


def augment_maps(key: RandomKey, x: Float[Array, "bins n n"]) -> Float[Array, "bins n n"]:
    """Apply one of the 8 flips and rotations and a random periodic roll, the same to all bins."""
    flip_key, roll_key = jax.random.split(key)
    symmetry = jax.random.randint(flip_key, (3,), 0, 2).astype(bool)
    x = jnp.where(symmetry[0], x[:, ::-1], x)
    x = jnp.where(symmetry[1], x[:, :, ::-1], x)
    x = jnp.where(symmetry[2], jnp.swapaxes(x, 1, 2), x)
    return jnp.roll(x, jax.random.randint(roll_key, (2,), 0, x.shape[-1]), axis=(1, 2))
