"""A conditional mixture of Gaussians: a density with several peaks, in one or a few dimensions."""

import dataclasses
from typing import Any

import haiku as hk
import jax
import jax.numpy as jnp
from tensorflow_probability.substrates.jax import distributions as tfd

from fullfield.types import Array, Float, Params, RandomKey


@dataclasses.dataclass(frozen=True)
class ConditionalMixture:
    r"""A mixture-density network (Bishop 1994), for one point and to be vectorised with `jax.vmap`.

    .. math:: q(y \mid c) = \sum_k w_k(c) \prod_i N(y_i; m_{ki}(c), s_{ki}(c)^2)

    Attributes
    ----------
    num_dimensions
        Length of y.
    num_conditions
        Length of c.
    num_components
        Gaussians.
    num_hidden
        Width of the two hidden layers.
    """

    num_dimensions: int
    num_conditions: int
    num_components: int = 4
    num_hidden: int = 64

    def init(self, key: RandomKey) -> Params:
        """Return fresh weights; y and c are expected to be of order one."""
        return self._network.init(key, jnp.zeros(self.num_conditions))

    def distribution(self, params: Params, condition: Float[Array, " condition"]) -> Any:
        """Return the TFP distribution q(. | c)."""
        logits, mean, log_scale = self._network.apply(params, condition)
        components = tfd.MultivariateNormalDiag(mean, jnp.exp(log_scale))
        return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), components)

    def log_prob(
        self, params: Params, y: Float[Array, " dimension"], condition: Float[Array, " condition"]
    ) -> Float[Array, ""]:
        """Return log q(y | c) of one point, in nats."""
        return self.distribution(params, condition).log_prob(y)

    def sample(
        self, key: RandomKey, params: Params, condition: Float[Array, " condition"]
    ) -> Float[Array, " dimension"]:
        """Return one draw y ~ q(. | c)."""
        return self.distribution(params, condition).sample(seed=key)

    @property
    def _network(self) -> hk.Transformed:
        def network(condition: Array) -> tuple[Array, Array, Array]:
            hidden = hk.nets.MLP([self.num_hidden] * 2, activation=jax.nn.silu, activate_final=True)(condition)
            shape = (self.num_components, self.num_dimensions)
            mean, log_scale = (hk.Linear(shape[0] * shape[1], name=name)(hidden) for name in ("mean", "log_scale"))
            return hk.Linear(shape[0], name="weight")(hidden), mean.reshape(shape), log_scale.reshape(shape)

        return hk.without_apply_rng(hk.transform(network))
