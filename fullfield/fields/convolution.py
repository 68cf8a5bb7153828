"""Convolutions on a torus, and maps cut into patches, for networks."""

import itertools
import math

import haiku as hk
import jax
import jax.numpy as jnp

from fullfield.types import Array, Float

SIDE = 3
"""Of the taps of a convolution, in pixels."""


def to_patches(x: Float[Array, "batch n n c"], side: int) -> Float[Array, "batch m m k"]:
    """Return squares of pixels as channels: m = n / side, k = c side^2."""
    batch, n, _, channels = x.shape
    blocks = x.reshape(batch, n // side, side, n // side, side, channels)
    return blocks.transpose(0, 1, 3, 5, 2, 4).reshape(batch, n // side, n // side, -1)


def from_patches(x: Float[Array, "batch m m k"], side: int) -> Float[Array, "batch n n c"]:
    """Return the pixels of squares that stand as channels, as `to_patches` leaves them."""
    batch, m, _, channels = x.shape
    blocks = x.reshape(batch, m, m, channels // side**2, side, side)
    return blocks.transpose(0, 1, 4, 2, 5, 3).reshape(batch, m * side, m * side, -1)


class CircularConvolution(hk.Module):
    """A 3 x 3 convolution on a torus.

    On a CPU the library's takes 15 to 20 times as long inside a loop as outside (`benchmarks/network.py`), and training
    is a loop: there the product with all taps is taken first, and its parts are shifted and added; or the reverse,
    where the input has fewer channels.
    """

    def __init__(self, num_channels: int, name: str):
        super().__init__(name)
        self.num_channels = num_channels

    def __call__(self, x: Float[Array, "batch n n c"]) -> Float[Array, "batch n n d"]:
        """Return the convolution, with a bias."""
        shape = (SIDE, SIDE, x.shape[-1], self.num_channels)
        scale = 1.0 / math.sqrt(math.prod(shape[:3]))
        taps = hk.get_parameter("w", shape, init=hk.initializers.TruncatedNormal(scale))
        bias = hk.get_parameter("b", shape[-1:], init=jnp.zeros)
        on_cpu = by_neighbours if x.shape[-1] < self.num_channels else by_shifts
        convolve = on_cpu if jax.default_backend() == "cpu" else by_library
        return convolve(x, taps) + bias


def by_library(x: Float[Array, "batch n n c"], taps: Float[Array, "k k c d"]) -> Float[Array, "batch n n d"]:
    """Return sum_ab taps_ab x_(i + a, j + b), indices from the centre of the taps, by XLA's convolution."""
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="wrap")
    return jax.lax.conv_general_dilated(padded, taps, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def by_shifts(x: Float[Array, "batch n n c"], taps: Float[Array, "k k c d"]) -> Float[Array, "batch n n d"]:
    """Return the same by one matrix product and shifts."""
    # One product of two matrices: the same written as an einsum took 1.7 times as long.
    matrix = jnp.moveaxis(taps, 2, 0).reshape(taps.shape[2], -1)
    products = (x.reshape(-1, x.shape[-1]) @ matrix).reshape(*x.shape[:3], SIDE, SIDE, -1)
    places = itertools.product(range(SIDE), repeat=2)
    return sum(jnp.roll(products[:, :, :, k, m], (1 - k, 1 - m), (1, 2)) for k, m in places)


def by_neighbours(x: Float[Array, "batch n n c"], taps: Float[Array, "k k c d"]) -> Float[Array, "batch n n d"]:
    """Return the same by shifts and one matrix product."""
    side = x.shape[1]
    rows = jnp.concatenate([x[:, -1:], x, x[:, :1]], axis=1)
    padded = jnp.concatenate([rows[:, :, -1:], rows, rows[:, :, :1]], axis=2)
    places = itertools.product(range(SIDE), repeat=2)
    shifted = [padded[:, k : k + side, m : m + side] for k, m in places]
    return jnp.concatenate(shifted, axis=-1) @ taps.reshape(-1, taps.shape[-1])
