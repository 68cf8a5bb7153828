"""Networks that give a velocity of simulations at a time and at parameters."""

import abc
import dataclasses

import haiku as hk
import jax
import jax.numpy as jnp

from fullfield.fields.convolution import CircularConvolution, from_patches, to_patches
from fullfield.types import Array, Float, Params, RandomKey


class VelocityNetwork(abc.ABC):
    """A velocity with weights of its own."""

    def init(
        self,
        key: RandomKey,
        t: Float[Array, " batch"],
        x: Float[Array, "batch ..."],
        theta: Float[Array, "batch p"],
    ) -> Params:
        """Return fresh weights for batches of the given shapes."""
        return self._transformed.init(key, t, x, theta)

    def apply(
        self,
        params: Params,
        t: Float[Array, " batch"],
        x: Float[Array, "batch ..."],
        theta: Float[Array, "batch p"],
    ) -> Float[Array, "batch ..."]:
        """Return the velocity of a batch at its times and parameters."""
        return self._transformed.apply(params, t, x, theta)

    @property
    def _transformed(self) -> hk.Transformed:
        return hk.without_apply_rng(hk.transform(self._forward))

    @abc.abstractmethod
    def _forward(self, t: Array, x: Array, theta: Array) -> Array: ...


@dataclasses.dataclass(frozen=True)
class VelocityPerceptron(VelocityNetwork):
    """A velocity of vectors: a perceptron of x, t and theta with two hidden layers, beside a linear map of them.

    Attributes
    ----------
    num_outputs
        Length of x.
    num_hidden
        Width.
    """

    num_outputs: int
    num_hidden: int = 64

    def _forward(self, t: Array, x: Array, theta: Array) -> Array:
        inputs = jnp.concatenate([x, t[:, None], theta], axis=1)
        widths = [self.num_hidden, self.num_hidden]
        hidden = hk.nets.MLP(widths, activation=jax.nn.silu, activate_final=True)(inputs)
        return hk.Linear(self.num_outputs)(jnp.concatenate([hidden, inputs], axis=1))


@dataclasses.dataclass(frozen=True)
class VelocityField(VelocityNetwork):
    """A velocity of maps on a torus: residual blocks of 3 x 3 convolutions on patches.

    Time and parameters scale and shift every channel of every block (FiLM: Perez et al. 2018, arXiv:1709.07871). It is
    equivariant under translations by a patch, and zero before training.

    Attributes
    ----------
    num_channels
        Of the convolutions.
    num_blocks
        Residual blocks of two convolutions.
    patch
        Side of a patch in pixels; must divide N.
    """

    num_channels: int = 32
    num_blocks: int = 2
    patch: int = 2

    def _forward(self, t: Array, x: Array, theta: Array) -> Array:
        width = self.num_channels
        where = jnp.concatenate([t[:, None], theta], axis=1)
        where = hk.nets.MLP([width, width], activation=jax.nn.silu, activate_final=True, name="condition")(where)
        pixels = to_patches(x[..., None], self.patch)
        hidden = hk.Linear(width, name="stem")(pixels)
        for block in range(self.num_blocks):
            scale, shift = jnp.split(hk.Linear(2 * width, name=f"film_{block}")(where)[:, None, None], 2, axis=-1)
            inner = CircularConvolution(width, f"block_{block}_first")(jax.nn.silu(hidden))
            inner = inner * (1.0 + scale) + shift
            hidden = hidden + CircularConvolution(width, f"block_{block}_second")(jax.nn.silu(inner))
        last = hk.Linear(self.patch**2, w_init=jnp.zeros, name="head")(jax.nn.silu(hidden))
        return from_patches(last, self.patch)[..., 0]
