"""Conditional masked autoregressive layers: a coordinate is transformed as those before it and the condition say."""

import dataclasses

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np

from fullfield.flows.coupling import INITIAL_VARIANCE_SCALE
from fullfield.flows.transforms import Transform, inverse_and_log_det
from fullfield.types import Array, Float, Params, RandomKey


@dataclasses.dataclass(frozen=True)
class Autoregressive:
    r"""A masked autoregressive layer (Papamakarios et al. 2017, arXiv:1705.07057, eqs. 3-4, with any f).

    .. math:: y_i = f(z_i; y_1, \dots, y_{i-1}, c)

    The inverse takes one evaluation of the network, the forward direction d.

    Attributes
    ----------
    num_dimensions
        Number of coordinates d.
    num_hidden
        Width of the two hidden layers of the network, at least d.
    transform
        f.
    """

    num_dimensions: int
    num_hidden: int
    transform: Transform

    def init(self, key: RandomKey, num_conditions: int) -> Params:
        """Return fresh weights."""
        return self._network.init(key, jnp.zeros(self.num_dimensions + num_conditions))

    def forward(self, params: Params, z: Array, condition: Array) -> Array:
        """Return y of one point z."""

        def one_more(_, y):
            return self._bijector(params, y, condition).forward(z)

        # After i rounds the first i coordinates are right, and they alone determine the next.
        return jax.lax.fori_loop(0, self.num_dimensions, one_more, jnp.zeros_like(z))

    def inverse(self, params: Params, y: Array, condition: Array) -> tuple[Array, Array]:
        """Return z and log |det dz / dy| of one point y."""
        return inverse_and_log_det(self._bijector(params, y, condition), y)

    def _bijector(self, params: Params, y: Array, condition: Array):
        return self.transform.make(self._network.apply(params, jnp.concatenate([y, condition])))

    @property
    def _network(self) -> hk.Transformed:
        # MADE (Germain et al. 2015, arXiv:1502.03509): units of a hidden layer see the first 0, 1, ..., d - 1
        # coordinates in turn.
        num_rows, places = self.transform.num_rows, np.arange(self.num_dimensions)
        sees = np.arange(self.num_hidden) % self.num_dimensions

        def network(inputs: Float[Array, " input"]) -> Float[Array, "row coordinate"]:
            given = np.concatenate([places + 1, np.zeros(len(inputs) - len(places), int)])
            hidden = jax.nn.silu(_MaskedLinear(given[:, None] <= sees, name="first")(inputs))
            hidden = jax.nn.silu(_MaskedLinear(sees[:, None] <= sees, name="second")(hidden))
            small = hk.initializers.VarianceScaling(INITIAL_VARIANCE_SCALE)
            last = _MaskedLinear(np.tile(sees[:, None] <= places, (1, num_rows)), small, name="last")
            return last(hidden).reshape(num_rows, len(places))

        return hk.without_apply_rng(hk.transform(network))


class _MaskedLinear(hk.Module):
    """A linear layer some of whose weights are zero."""

    def __init__(self, mask: np.ndarray, w_init: hk.initializers.Initializer | None = None, name: str | None = None):
        super().__init__(name=name)
        self.mask = mask
        self.w_init = w_init or hk.initializers.VarianceScaling()

    def __call__(self, inputs: Float[Array, " input"]) -> Float[Array, " output"]:
        weights = hk.get_parameter("w", self.mask.shape, inputs.dtype, self.w_init)
        bias = hk.get_parameter("b", self.mask.shape[1:], inputs.dtype, jnp.zeros)
        return inputs @ jnp.where(self.mask, weights, 0.0) + bias
