"""Networks that turn one set of maps, or one vector, into a summary."""

import dataclasses
import itertools
import math

import haiku as hk
import jax
import jax.numpy as jnp

from fullfield.types import Array, Float, Params, RandomKey

HEAD = "head"
"""Name of the last layer, whose last rows act on the features themselves."""
SIDE = 3
"""Of the taps of a convolution, in pixels."""
PATCHES, PYRAMID = "patches", "pyramid"
PER_CHANNEL = 4
PIXEL_SPREAD = 1.5
"""Of slopes and offsets of the first look at pixels, in which densities close to zero are told apart."""

Maps = Float[Array, "batch channels n n"]
Summaries = Float[Array, "batch s"]


@dataclasses.dataclass(frozen=True)
class SummaryNetwork:
    """A convolutional network with circular padding beside a head that also sees precomputed features.

    Maps are cut into patches (space to depth), each of which becomes a vector, pass residual blocks of two 3 x 3
    convolutions, and are averaged over the field; the average and the features enter a perceptron with two hidden
    layers. Without convolutional channels only the perceptron is left.

    A pyramid looks at maps pixel by pixel instead: a perceptron transforms every pixel, 3 x 3 convolutions filter the
    result, their activations are averaged over the field, and the next level sees it at half the resolution.

    Attributes
    ----------
    num_outputs
        Numbers that it puts out.
    num_channels
        Channels of the convolutions; 0 leaves them out. Of a pyramid, those that pixels are transformed to: the
        perceptron of pixels and the filters of each level are `PER_CHANNEL` times as many.
    num_blocks
        Residual blocks, or levels of a pyramid.
    body
        ``patches`` or ``pyramid``.
    patch
        Side of a patch in pixels; must divide N.
    num_hidden
        Width of the perceptron; 0 leaves a linear map.
    """

    num_outputs: int
    num_channels: int = 32
    num_blocks: int = 1
    patch: int = 4
    num_hidden: int = 128
    body: str = PATCHES

    def init(self, key: RandomKey, features: Float[Array, "batch f"], maps: Maps | None = None) -> Params:
        """Return fresh weights for batches of the given shapes."""
        return self._transformed.init(key, features, maps)

    def apply(self, params: Params, features: Float[Array, "batch f"], maps: Maps | None = None) -> Summaries:
        """Return the summaries of a batch; both inputs are of order one."""
        return self._transformed.apply(params, features, maps)

    def with_linear(self, params: Params, matrix: Float[Array, "f s"]) -> Params:
        """Return weights of which the network puts out ``linear_inputs @ matrix``; training can move from there."""
        weights = jnp.zeros_like(params[HEAD]["w"]).at[-len(matrix) :].set(matrix)
        return {**params, HEAD: {"w": weights, "b": jnp.zeros_like(params[HEAD]["b"])}}

    def recombined(self, params: Params, matrix: Float[Array, "o s"]) -> Params:
        """Return weights of which the network puts out ``outputs @ matrix``."""
        return {**params, HEAD: {name: values @ matrix for name, values in params[HEAD].items()}}

    def linear_inputs(
        self, params: Params, features: Float[Array, "batch f"], maps: Maps | None = None
    ) -> Float[Array, "batch g"]:
        """Return what a linear summary is made of: the features or, where there are none, what convolutions give."""
        if features.shape[1]:
            return features
        return hk.without_apply_rng(hk.transform(self._inputs)).apply(params, features, maps)

    @property
    def _transformed(self) -> hk.Transformed:
        return hk.without_apply_rng(hk.transform(self._forward))

    def _inputs(self, features: Array, maps: Array | None) -> Array:
        if not self.num_channels:
            return features
        if maps is None:
            raise ValueError("this network has convolutions and was given no maps")
        look = {PATCHES: self._convolutions, PYRAMID: self._pyramid}[self.body]
        return jnp.concatenate([look(maps), features], axis=1)

    def _forward(self, features: Array, maps: Array | None) -> Array:
        inputs = self._inputs(features, maps)
        if not self.num_hidden:
            return hk.Linear(self.num_outputs, name=HEAD)(inputs)
        hidden = hk.nets.MLP([self.num_hidden, self.num_hidden], activation=jax.nn.silu, activate_final=True)(inputs)
        return hk.Linear(self.num_outputs, name=HEAD)(jnp.concatenate([hidden, inputs], axis=1))

    def _convolutions(self, maps: Array) -> Array:
        x = _to_patches(maps, self.patch)
        x = hk.Linear(self.num_channels, name="stem")(x)
        for block in range(self.num_blocks):
            residual = CircularConvolution(self.num_channels, f"block_{block}_first")(jax.nn.silu(x))
            x = x + CircularConvolution(self.num_channels, f"block_{block}_second")(jax.nn.silu(residual))
        return jnp.mean(jax.nn.silu(x), axis=(1, 2))

    def _pyramid(self, maps: Array) -> Array:
        pixels, width = jnp.moveaxis(maps, 1, -1), PER_CHANNEL * self.num_channels
        spread = hk.initializers.RandomNormal(PIXEL_SPREAD)
        hidden = jax.nn.silu(hk.Linear(width, w_init=spread, b_init=spread, name="pixels")(pixels))
        x = hk.Linear(self.num_channels, name="stem")(jnp.concatenate([pixels, hidden], axis=-1))
        averages = []
        for level in range(self.num_blocks):
            x = _halved(x) if level else x
            active = jax.nn.silu(CircularConvolution(width, f"level_{level}")(x))
            # Times the side, their noise is of order one on every level.
            averages.append(active.mean((1, 2)) * active.shape[1])
        return jnp.concatenate(averages, axis=1)


def _halved(x: Array) -> Array:
    """(batch, N, N, c) -> (batch, N / 2, N / 2, c), sums of four pixels over two: white noise keeps its variance."""
    batch, side, _, channels = x.shape
    return x.reshape(batch, side // 2, 2, side // 2, 2, channels).sum((2, 4)) / 2


def _to_patches(maps: Array, patch: int) -> Array:
    """(batch, bins, N, N) -> (batch, N / patch, N / patch, bins patch^2)."""
    batch, bins, side, _ = maps.shape
    blocks = maps.reshape(batch, bins, side // patch, patch, side // patch, patch)
    return blocks.transpose(0, 2, 4, 1, 3, 5).reshape(batch, side // patch, side // patch, bins * patch**2)


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
