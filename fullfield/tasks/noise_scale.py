"""A toy whose latents have a scale that depends on the parameter: where a score of the wrong kind is biased."""

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist

from fullfield.tasks.prior import ProductPrior, TruncatedNormal
from fullfield.tasks.task import Task

NUM_DATA = 4
NOISE = 0.5


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
    return Task("noise_scale", ("log_variance",), prior, np.full(1, 0.5, np.float32), (NUM_DATA,), model)
