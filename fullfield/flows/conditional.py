"""A conditional density q(y | c): a standard normal pushed through a conditional bijector."""

import dataclasses

import jax
import jax.numpy as jnp

from fullfield.flows.autoregressive import Autoregressive
from fullfield.flows.bijectors import permutation
from fullfield.flows.coupling import Coupling
from fullfield.flows.transforms import TRANSFORMS
from fullfield.types import Array, Float, Params, RandomKey

STRUCTURES = {"coupling": Coupling, "autoregressive": Autoregressive}


@dataclasses.dataclass(frozen=True)
class ConditionalFlow:
    r"""A conditional flow of several layers, written for one point and to be vectorised with `jax.vmap`.

    .. math:: \log q(y \mid c) = \log N(f^{-1}(y; c); 0, I) + \log |\det \partial f^{-1}(y; c) / \partial y|

    with f^{-1} in closed form. y and c are expected to be of order one; a fresh flow is close to N(0, I) for every
    condition, and smooth but for splines: log q has all derivatives in y and c.

    Attributes
    ----------
    num_dimensions
        Length of y; in one dimension the transform depends on c alone.
    num_conditions
        Length of c, 0 for a density without condition.
    num_layers
        Number of layers. Four couplings let every coordinate depend on every other in up to six dimensions, six in up
        to ten.
    num_hidden
        Width of the two hidden layers of each conditioner.
    transform
        What a layer does to a coordinate: a key of `transforms.TRANSFORMS`.
    num_components
        Sigmoids of a smooth transform, or bins of a spline; an affine one has none.
    structure
        ``coupling``: one half depends on the other (density and draw cost the same); ``autoregressive``: each
        coordinate depends on those before it (a draw costs d times a density).

    Raises
    ------
    ValueError
        Where a size is too small, or a name is not known.
    """

    num_dimensions: int
    num_conditions: int
    num_layers: int = 5
    num_hidden: int = 64
    transform: str = "affine"
    num_components: int = 8
    structure: str = "coupling"

    def __post_init__(self):
        for name in ("num_dimensions", "num_layers", "num_hidden", "num_components"):
            _require(getattr(self, name) >= 1, name, "at least 1", getattr(self, name))
        if self.structure == "autoregressive":
            least = self.num_dimensions
            _require(self.num_hidden >= least, "num_hidden", f"at least num_dimensions = {least}", self.num_hidden)
        _require(self.num_conditions >= 0, "num_conditions", "at least 0", self.num_conditions)
        for name, allowed in (("transform", TRANSFORMS), ("structure", STRUCTURES)):
            _require(getattr(self, name) in allowed, name, f"one of {', '.join(allowed)}", repr(getattr(self, name)))

    def init(self, key: RandomKey) -> Params:
        """Return fresh weights: nested dictionaries of arrays, one branch ``layer_<index>`` per layer."""
        keys = jax.random.split(key, self.num_layers)
        return {f"layer_{index}": self._layer.init(own, self.num_conditions) for index, own in enumerate(keys)}

    def forward(
        self, params: Params, z: Float[Array, " dimension"], condition: Float[Array, " condition"]
    ) -> Float[Array, " dimension"]:
        """Return y = f(z; c) = (f_L o P_L o ... o f_0 o P_0)(z), with fixed permutations P, of one point."""
        for index in range(self.num_layers):
            z = permutation(index, self.num_dimensions).forward(z)
            z = self._layer.forward(params[f"layer_{index}"], z, condition)
        return z

    def inverse(
        self, params: Params, y: Float[Array, " dimension"], condition: Float[Array, " condition"]
    ) -> tuple[Float[Array, " dimension"], Float[Array, ""]]:
        """Return z = f^{-1}(y; c) and log |det dz / dy| of one point."""
        log_det = jnp.zeros((), y.dtype)
        for index in reversed(range(self.num_layers)):
            y, change = self._layer.inverse(params[f"layer_{index}"], y, condition)
            y = permutation(index, self.num_dimensions).inverse(y)
            log_det += change
        return y, log_det

    def log_prob(
        self, params: Params, y: Float[Array, " dimension"], condition: Float[Array, " condition"]
    ) -> Float[Array, ""]:
        """Return log q(y | c) of one point, in nats."""
        # Not by a TFP chain of layers: it asks for inverse and determinant one after the other, each with the networks.
        z, log_det = self.inverse(params, y, condition)
        return jax.scipy.stats.norm.logpdf(z).sum() + log_det

    def sample(
        self, key: RandomKey, params: Params, condition: Float[Array, " condition"]
    ) -> Float[Array, " dimension"]:
        """Return one draw y ~ q(. | c)."""
        z = jax.random.normal(key, (self.num_dimensions,), condition.dtype)
        return self.forward(params, z, condition)

    @property
    def _layer(self) -> Coupling | Autoregressive:
        transform = TRANSFORMS[self.transform](self.num_components)
        return STRUCTURES[self.structure](self.num_dimensions, self.num_hidden, transform)


def _require(holds: bool, name: str, allowed: str, given: object) -> None:
    if not holds:
        raise ValueError(f"{name} must be {allowed}, got {given}")
