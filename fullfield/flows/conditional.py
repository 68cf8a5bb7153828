"""A conditional density q(y | c): a standard normal pushed through a conditional bijector."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from tensorflow_probability.substrates.jax import distributions as tfd

from fullfield.flows.coupling import conditioner, coupling_bijector, layer_sizes
from fullfield.types import Array, Float, Params, RandomKey


@dataclasses.dataclass(frozen=True)
class ConditionalFlow:
    r"""A conditional RealNVP, written for one point and to be vectorised with `jax.vmap`.

    .. math:: \log q(y \mid c) = \log N(f^{-1}(y; c); 0, I) + \log |\det \partial f^{-1}(y; c) / \partial y|

    y and c are expected to be of order one; a fresh flow is close to N(0, I) for every condition, and smooth: log q has
    all derivatives in y and c.

    Attributes
    ----------
    num_dimensions
        Length of y; in one dimension q is a Gaussian whose moments depend on c.
    num_conditions
        Length of c.
    num_layers
        Number of coupling layers. Four let every coordinate depend on every other in up to six dimensions, six in up to
        ten.
    num_hidden
        Width of the two hidden layers of each conditioner.

    Raises
    ------
    ValueError
        Where a size is below 1.
    """

    num_dimensions: int
    num_conditions: int
    num_layers: int = 5
    num_hidden: int = 64

    def __post_init__(self):
        for name, value in dataclasses.asdict(self).items():
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")

    def init(self, key: RandomKey) -> Params:
        """Return fresh weights: nested dictionaries of arrays, one branch ``layer_<index>`` per coupling layer."""
        num_kept, num_transformed = layer_sizes(self.num_dimensions)
        network = conditioner(num_transformed, self.num_hidden)
        inputs = jnp.zeros(num_kept + self.num_conditions)
        keys = jax.random.split(key, self.num_layers)
        return {f"layer_{index}": network.init(layer_key, inputs) for index, layer_key in enumerate(keys)}

    def bijector(self, params: Params, condition: Float[Array, " condition"]) -> Any:
        """Return the TFP bijector f(.; c) from base space to data space."""
        return coupling_bijector(params, condition, self.num_dimensions, self.num_hidden)

    def log_prob(
        self, params: Params, y: Float[Array, " dimension"], condition: Float[Array, " condition"]
    ) -> Float[Array, ""]:
        """Return log q(y | c) of one point, in nats."""
        base = tfd.MultivariateNormalDiag(jnp.zeros_like(y), jnp.ones_like(y))
        return tfd.TransformedDistribution(base, self.bijector(params, condition)).log_prob(y)

    def sample(
        self, key: RandomKey, params: Params, condition: Float[Array, " condition"]
    ) -> Float[Array, " dimension"]:
        """Return one draw y ~ q(. | c)."""
        z = jax.random.normal(key, (self.num_dimensions,), condition.dtype)
        return self.bijector(params, condition).forward(z)
