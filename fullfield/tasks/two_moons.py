"""Two moons (sbibm): a crescent whose place depends on the parameters through an absolute value."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist

from fullfield.tasks.prior import ProductPrior, Uniform
from fullfield.tasks.task import Task
from fullfield.types import Array, ArrayLike, Float, RandomKey

RADIUS, WIDTH = 0.1, 0.01
CENTRE = 0.25


class Crescent(dist.Distribution):
    r"""The law of x = (r cos a + 0.25, r sin a) + shift, a ~ U(-pi/2, pi/2), r ~ N(0.1, 0.01).

    .. math:: p(x) = N(r; 0.1, 0.01) / (\pi r)
    """

    support = dist.constraints.real_vector

    def __init__(self, shift: Float[ArrayLike, " 2"]):
        self.shift = shift
        super().__init__(event_shape=(2,), validate_args=False)

    def sample(self, key: RandomKey, sample_shape: tuple[int, ...] = ()) -> Array:
        """Draw x of shape sample_shape + (2,)."""
        return crescent(key, sample_shape) + self.shift

    def log_prob(self, value: Float[ArrayLike, "... 2"]) -> Float[Array, "..."]:
        """Return log p(x), minus infinity on the side that no angle reaches."""
        inside = value - self.shift - jnp.asarray([CENTRE, 0.0], jnp.result_type(self.shift))
        radius = jnp.sqrt(jnp.sum(inside**2, axis=-1))
        density = dist.Normal(RADIUS, WIDTH).log_prob(radius) - jnp.log(np.pi * radius)
        return jnp.where(inside[..., 0] > 0, density, -jnp.inf)


def crescent(key: RandomKey, shape: tuple[int, ...]) -> Float[Array, "... 2"]:
    """Return points of the crescent that is not shifted."""
    angle_key, radius_key = jax.random.split(key)
    angle = jax.random.uniform(angle_key, shape, minval=-np.pi / 2, maxval=np.pi / 2)
    radius = RADIUS + WIDTH * jax.random.normal(radius_key, shape)
    return jnp.stack([radius * jnp.cos(angle) + CENTRE, radius * jnp.sin(angle)], axis=-1)


def two_moons() -> Task:
    """Build the task of sbibm (Lueckmann et al. 2021, arXiv:2101.04653): x = crescent + (-|t1 + t2|, t2 - t1) / sqrt 2.

    The support of x depends on theta ~ U(-1, 1)^2, so the mean of a score is not zero.
    """
    prior = ProductPrior((Uniform(-1.0, 1.0), Uniform(-1.0, 1.0)))

    def model(x=None):
        first, second = numpyro.sample("theta", prior)
        shift = jnp.stack([-jnp.abs(first + second), second - first]) / np.sqrt(2)
        numpyro.sample("x", Crescent(shift), obs=x)

    names, fiducial = ("theta_1", "theta_2"), np.array([0.3, 0.2], np.float32)
    return Task("two_moons", names, prior, fiducial, None, model, regular=False, posterior=sample_posterior)


def sample_posterior(key: RandomKey, x: Float[ArrayLike, " 2"], num_draws: int) -> Float[np.ndarray, "draw 2"]:
    """Return exact, independent draws of theta given x.

    A point of the crescent leaves a shift x - point, which two parameters have that are mirror images of each other;
    those outside the prior are drawn again.
    """
    draws, count = [], 0
    for attempt in range(1000):
        point_key, side_key = jax.random.split(jax.random.fold_in(key, attempt))
        shift = np.asarray(x, np.float64) - np.asarray(crescent(point_key, (num_draws,)), np.float64)
        side = np.where(jax.random.bernoulli(side_key, shape=(num_draws,)), 1.0, -1.0)
        total, difference = side * np.sqrt(2) * shift[:, 0], np.sqrt(2) * shift[:, 1]
        theta = np.stack([total - difference, total + difference], axis=-1) / 2
        good = (np.abs(theta) < 1).all(axis=-1) & (shift[:, 0] < 0)
        draws.append(theta[good])
        count += good.sum()
        if count >= num_draws:
            return np.concatenate(draws)[:num_draws].astype(np.float32)
    raise ValueError(f"no parameters inside the prior give x = {np.asarray(x).tolist()}")
