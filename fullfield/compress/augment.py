"""Augmentations that leave the law of a homogeneous, isotropic, periodic field unchanged: they cost no simulation."""

from collections.abc import Collection

import jax
import jax.numpy as jnp

from fullfield.symmetries import FLIP, ROLL, ROTATE, SYMMETRIES
from fullfield.types import Array, Float, RandomKey


def augment_maps(
    key: RandomKey, x: Float[Array, "bins n n"], symmetries: Collection[str] = SYMMETRIES
) -> Float[Array, "bins n n"]:
    """Apply a random element of the group that `symmetries` generate, the same to all bins."""
    flip_key, roll_key = jax.random.split(key)
    chosen = jax.random.randint(flip_key, (3,), 0, 2).astype(bool)
    # Two mirror images are half a turn; one of them and a transposition are a quarter.
    if FLIP in symmetries:
        x = jnp.where(chosen[0], x[:, ::-1], x)
        x = jnp.where(chosen[1], x[:, :, ::-1], x)
        if ROTATE in symmetries:
            x = jnp.where(chosen[2], jnp.swapaxes(x, 1, 2), x)
    elif ROTATE in symmetries:
        x = jnp.where(chosen[0], x[:, ::-1, ::-1], x)
        x = jnp.where(chosen[1], jnp.swapaxes(x, 1, 2)[:, ::-1], x)
    if ROLL in symmetries:
        x = jnp.roll(x, jax.random.randint(roll_key, (2,), 0, x.shape[-1]), axis=(1, 2))
    return x
