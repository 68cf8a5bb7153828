"""Independent priors with an exact map to standard-normal coordinates.

theta_p = F_p^-1(Phi(u_p)), F_p the prior distribution function: u ~ N(0, I) exactly when theta follows the prior, no u
leaves the support, and for an unbounded Normal the map is the affine standardisation.
"""

import dataclasses
import functools
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jax.scipy.special import ndtr, ndtri
from jax.scipy.stats import norm

from fullfield.theory.cosmology import PRIOR
from fullfield.types import Array, ArrayLike, Float, RandomKey


@dataclasses.dataclass(frozen=True)
class TruncatedNormal:
    """A Normal(loc, scale) restricted to low < theta < high; infinite bounds allowed."""

    loc: float
    scale: float
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self):
        if not (self.scale > 0 and self.low < self.high):
            raise ValueError(f"{self}: scale > 0 and low < high are needed")

    @property
    def tails(self) -> tuple[float, float]:
        """Mass of the untruncated Normal below `low` and above `high`."""

        def phi(value):
            return 0.5 * math.erfc(-value / math.sqrt(2.0))

        return phi((self.low - self.loc) / self.scale), phi(-(self.high - self.loc) / self.scale)


@dataclasses.dataclass(frozen=True)
class Uniform:
    """The same density everywhere between finite bounds."""

    low: float
    high: float

    def __post_init__(self):
        if not (math.isfinite(self.high - self.low) and self.low < self.high):
            raise ValueError(f"{self}: finite low < high are needed")

    @property
    def loc(self) -> float:
        """Mean."""
        return (self.low + self.high) / 2

    @property
    def scale(self) -> float:
        """Standard deviation."""
        return (self.high - self.low) / math.sqrt(12.0)

    @property
    def tails(self) -> tuple[float, float]:
        """Nothing is cut off."""
        return 0.0, 0.0


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def _truncate(u: Array, below: np.ndarray, above: np.ndarray) -> Array:
    """Return t with Phi(t) = below + (1 - below - above) Phi(u), each half of the line computed from its own tail."""
    mass = 1.0 - below - above
    left, right = jnp.minimum(u, 0.0), jnp.maximum(u, 0.0)
    bounded = jnp.where(u < 0, ndtri(below + mass * ndtr(left)), -ndtri(above + mass * ndtr(-right)))
    return jnp.where(below + above > 0, bounded, u)


@_truncate.defjvp
def _(below, above, primals, tangents):
    (u,), (u_dot,) = primals, tangents
    t = _truncate(u, below, above)
    return t, (1.0 - below - above) * jnp.exp((t - u) * (t + u) / 2) * u_dot


class ProductPrior(dist.Distribution):
    """Independent parameters as one NumPyro site of event shape (p,)."""

    support = dist.constraints.real_vector

    def __init__(self, marginals: tuple[TruncatedNormal | Uniform, ...]):
        self.marginals = tuple(marginals)
        self.loc, self.scale, self.low, self.high = np.array(
            [(marginal.loc, marginal.scale, marginal.low, marginal.high) for marginal in self.marginals], np.float32
        ).T
        self._is_uniform = np.array([isinstance(marginal, Uniform) for marginal in self.marginals])
        # Of the others, whose bounds may be infinite, it is not used.
        self._width = np.where(self._is_uniform, self.high - self.low, 1.0).astype(np.float32)
        self.below, self.above = np.array([marginal.tails for marginal in self.marginals], np.float32).T
        super().__init__(event_shape=(len(self.marginals),), validate_args=False)

    @property
    def ranges(self) -> list[tuple[float, float]]:
        """(low, high) of each parameter, infinite where there is no bound."""
        return [(marginal.low, marginal.high) for marginal in self.marginals]

    def sample(self, key: RandomKey, sample_shape: tuple[int, ...] = ()) -> Array:
        """Draw theta of shape sample_shape + (p,)."""
        return self.to_constrained(jax.random.normal(key, sample_shape + self.event_shape))

    def log_prob(self, value: Float[ArrayLike, "... p"]) -> Float[Array, "..."]:
        """Return log p(theta), summed over parameters; minus infinity outside the bounds."""
        density = norm.logpdf((value - self.loc) / self.scale) - self._log_mass
        density = self._where_uniform(lambda: -np.log(self._width), density)
        return jnp.where((value >= self.low) & (value <= self.high), density, -jnp.inf).sum(-1)

    @property
    def _log_mass(self) -> np.ndarray:
        return np.log(self.scale * (1.0 - self.below - self.above))

    def to_constrained(self, u: Float[ArrayLike, "... p"]) -> Float[Array, "... p"]:
        """Map u ~ N(0, I) to theta ~ prior, low <= theta <= high."""
        theta = self.loc + self.scale * _truncate(u, self.below, self.above)

        def uniform():
            return self.loc + jnp.where(u < 0, ndtr(u) - 0.5, 0.5 - ndtr(-u)) * self._width

        # Rounding would step over a bound by one unit in the last place.
        return jnp.clip(self._where_uniform(uniform, theta), self.low, self.high)

    def to_unconstrained(self, theta: Float[ArrayLike, "... p"]) -> Float[Array, "... p"]:
        """Map theta ~ prior to u ~ N(0, I); infinite on and beyond the bounds."""
        t = (theta - self.loc) / self.scale
        mass = 1.0 - self.below - self.above
        left = jnp.clip((ndtr(t) - self.below) / mass, 0.0, 1.0)
        right = jnp.clip((ndtr(-t) - self.above) / mass, 0.0, 1.0)
        bounded = jnp.where(left < right, ndtri(left), -ndtri(right))
        u = jnp.where(self.below + self.above > 0, bounded, t)

        def uniform():
            centred = jnp.clip((theta - self.loc) / self._width, -0.5, 0.5)
            return jnp.where(centred < 0, ndtri(0.5 + centred), -ndtri(0.5 - centred))

        return self._where_uniform(uniform, u)

    def log_det(self, u: Float[ArrayLike, "... p"]) -> Float[Array, "..."]:
        """Return log |d theta / d u|, summed over parameters."""
        t = _truncate(u, self.below, self.above)
        normal = norm.logpdf(u) - norm.logpdf(t) + self._log_mass
        return jnp.sum(self._where_uniform(lambda: norm.logpdf(u) + np.log(self._width), normal), axis=-1)

    def _where_uniform(self, uniform: Callable[[], Array], normal: Array) -> Array:
        """Return the one or the other, parameter by parameter; nothing is computed where no parameter is uniform."""
        return jnp.where(self._is_uniform, uniform(), normal) if self._is_uniform.any() else normal


def default_prior() -> ProductPrior:
    """Return the published prior of the six parameters, with the positivity bounds of `theory.cosmology`."""
    return ProductPrior(tuple(TruncatedNormal(p.loc, p.scale, p.low, p.high) for p in PRIOR.values()))
