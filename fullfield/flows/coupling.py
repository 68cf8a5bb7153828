"""Conditional coupling layers: one half of the coordinates is transformed as the other half and the condition say."""

import dataclasses

import haiku as hk
import jax
import jax.numpy as jnp

from fullfield.flows.transforms import Transform, inverse_and_log_det
from fullfield.types import Array, Float, Params, RandomKey

INITIAL_VARIANCE_SCALE = 1e-3
"""Of the last layer's initial weights: a fresh flow is within a few per cent of a permutation."""


@dataclasses.dataclass(frozen=True)
class Coupling:
    r"""A coupling layer.

    .. math:: (a, b) \mapsto (a, f(b; a, c))

    a are the first floor(d / 2) coordinates, b the others; RealNVP (Dinh et al. 2017, arXiv:1605.08803, eqs. 4-5) where
    f is affine. In one dimension f depends on the condition alone.

    Attributes
    ----------
    num_dimensions
        Number of coordinates d.
    num_hidden
        Width of the two hidden layers of the network; SiLU makes all its derivatives exist.
    transform
        f.
    """

    num_dimensions: int
    num_hidden: int
    transform: Transform

    @property
    def num_kept(self) -> int:
        """Length of a."""
        return self.num_dimensions // 2

    def init(self, key: RandomKey, num_conditions: int) -> Params:
        """Return fresh weights."""
        return self._network.init(key, jnp.zeros(self.num_kept + num_conditions))

    def forward(self, params: Params, z: Array, condition: Array) -> Array:
        """Return y of one point z."""
        kept = z[: self.num_kept]
        return jnp.concatenate([kept, self._bijector(params, kept, condition).forward(z[self.num_kept :])])

    def inverse(self, params: Params, y: Array, condition: Array) -> tuple[Array, Array]:
        """Return z and log |det dz / dy| of one point y."""
        kept = y[: self.num_kept]
        z, log_det = inverse_and_log_det(self._bijector(params, kept, condition), y[self.num_kept :])
        return jnp.concatenate([kept, z]), log_det

    def _bijector(self, params: Params, kept: Array, condition: Array):
        return self.transform.make(self._network.apply(params, jnp.concatenate([kept, condition])))

    @property
    def _network(self) -> hk.Transformed:
        num_rows, num_transformed = self.transform.num_rows, self.num_dimensions - self.num_kept

        def network(inputs: Float[Array, " input"]) -> Float[Array, "row coordinate"]:
            sizes = [self.num_hidden, self.num_hidden]
            hidden = hk.nets.MLP(sizes, activation=jax.nn.silu, activate_final=True, name="hidden")
            small = hk.initializers.VarianceScaling(INITIAL_VARIANCE_SCALE)
            last = hk.Linear(num_rows * num_transformed, w_init=small, name="last")
            return last(hidden(inputs)).reshape(num_rows, num_transformed)

        return hk.without_apply_rng(hk.transform(network))
