"""A toy whose latents have a scale that depends on the parameter: where a score of the wrong kind is biased."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist

from fullfield.tasks.prior import ProductPrior, TruncatedNormal
from fullfield.tasks.task import Task
from fullfield.types import ArrayLike, Float, RandomKey

NUM_DATA = 4
NOISE = 0.5
GRID = (-8.0, 8.0)
"""Parameters that have a posterior."""


def noise_scale() -> Task:
    r"""Build z ~ N(0, e^theta I), x = z + n with n ~ N(0, 0.25 I) in four dimensions and theta ~ N(0, 1).

    The score with z held fixed is unbiased. That of the model written in white noise w, z = e^{theta / 2} w, is too; to
    hold w fixed in log p(x | z) and z in log p(z) mixes the two and is not.
    """

    def model(x=None):
        theta = numpyro.sample("theta", prior)
        scale = jnp.exp(theta[0] / 2)
        z = numpyro.sample("z", dist.Normal(0.0, scale).expand((NUM_DATA,)).to_event())
        numpyro.sample("x", dist.Normal(z, NOISE).to_event(), obs=x)

    prior = ProductPrior((TruncatedNormal(0.0, 1.0),))
    fiducial = np.full(1, 0.5, np.float32)
    return Task("noise_scale", ("log_variance",), prior, fiducial, (NUM_DATA,), model, posterior=sample_posterior)


def sample_posterior(key: RandomKey, x: Float[ArrayLike, " data"], num_draws: int) -> Float[np.ndarray, "draw 1"]:
    """Return draws of theta given x, whose marginal law is N(0, (e^theta + 0.25) I), from its distribution function."""
    theta = np.linspace(*GRID, 20001)
    variance = np.exp(theta) + NOISE**2
    log_density = -(theta**2) / 2 - NUM_DATA / 2 * np.log(variance) - np.sum(np.asarray(x, float) ** 2) / (2 * variance)
    mass = np.cumsum(np.exp(log_density - log_density.max()))
    draws = np.interp(np.asarray(jax.random.uniform(key, (num_draws,))) * mass[-1], mass, theta)
    return draws[:, None].astype(np.float32)
