"""Networks that turn one set of maps, or one vector, into a summary."""

import dataclasses

import haiku as hk
import jax
import jax.numpy as jnp

from fullfield.fields.convolution import CircularConvolution, to_patches
from fullfield.types import Array, Float, Params, RandomKey

HEAD = "head"
"""Name of the last layer, whose last rows act on the features themselves."""
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
        x = to_patches(jnp.moveaxis(maps, 1, -1), self.patch)
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
