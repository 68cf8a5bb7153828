"""Networks that turn one set of maps, or one vector, into a summary."""

import dataclasses

import haiku as hk
import jax
import jax.numpy as jnp

from fullfield.types import Array, Float, Params, RandomKey


@dataclasses.dataclass(frozen=True)
class SummaryNetwork:
    """A convolutional network with circular padding beside a head that also sees precomputed features.

    Maps are cut into patches (space to depth), pass residual blocks of two 3 x 3 convolutions, and are averaged over
    the field; the average and the features enter a perceptron with two hidden layers. Without convolutional channels,
    or for data that are vectors, only the perceptron is left.

    Attributes
    ----------
    num_outputs
        Numbers that it puts out.
    num_channels
        Channels of the convolutions; 0 leaves them out.
    num_blocks
        Residual blocks after the first convolution.
    patch
        Side of a patch in pixels; must divide N.
    num_hidden
        Width of the perceptron.
    """

    num_outputs: int
    num_channels: int = 32
    num_blocks: int = 1
    patch: int = 4
    num_hidden: int = 128

    def init(self, key: RandomKey, maps: Float[Array, "batch ..."], features: Float[Array, "batch f"]) -> Params:
        """Return fresh weights for batches of the given shapes."""
        return self._transformed.init(key, maps, features)

    def apply(
        self, params: Params, maps: Float[Array, "batch ..."], features: Float[Array, "batch f"]
    ) -> Float[Array, "batch s"]:
        """Return the summaries of a batch; both inputs are of order one."""
        return self._transformed.apply(params, maps, features)

    @property
    def _transformed(self) -> hk.Transformed:
        return hk.without_apply_rng(hk.transform(self._forward))

    def _forward(self, maps: Array, features: Array) -> Array:
        inputs = features
        if self.num_channels:
            inputs = jnp.concatenate([self._convolutions(maps), features], axis=1)
        hidden = hk.nets.MLP([self.num_hidden, self.num_hidden], activation=jax.nn.silu, activate_final=True)(inputs)
        return hk.Linear(self.num_outputs)(jnp.concatenate([hidden, inputs], axis=1))

    def _convolutions(self, maps: Array) -> Array:
        x = _to_patches(maps, self.patch)
        x = _circular_convolution(x, self.num_channels, "stem")
        for block in range(self.num_blocks):
            residual = _circular_convolution(jax.nn.silu(x), self.num_channels, f"block_{block}_first")
            x = x + _circular_convolution(jax.nn.silu(residual), self.num_channels, f"block_{block}_second")
        return jnp.mean(jax.nn.silu(x), axis=(1, 2))


def _to_patches(maps: Array, patch: int) -> Array:
    """(batch, bins, N, N) -> (batch, N / patch, N / patch, bins patch^2)."""
    batch, bins, side, _ = maps.shape
    blocks = maps.reshape(batch, bins, side // patch, patch, side // patch, patch)
    return blocks.transpose(0, 2, 4, 1, 3, 5).reshape(batch, side // patch, side // patch, bins * patch**2)


def _circular_convolution(x: Array, num_channels: int, name: str) -> Array:
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="wrap")
    return hk.Conv2D(num_channels, 3, padding="VALID", name=name)(padded)
