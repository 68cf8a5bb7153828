"""The textbook example of Fisher information: draws of one normal law."""

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist

from fullfield.tasks.cells import cell_centres, sample_cells
from fullfield.tasks.prior import ProductPrior, Uniform
from fullfield.tasks.task import Task
from fullfield.types import ArrayLike, Float, RandomKey

NUM_DATA = 10
NUM_CELLS = 1000
"""Of each parameter, on which the posterior is known."""
PRIOR = ProductPrior((Uniform(-2.0, 2.0), Uniform(0.3, 2.5)))


def normal_draws() -> Task:
    r"""Build x_i ~ N(mu, sigma^2), ten of them, with theta = (mu, sigma) ~ U[-2, 2] x U[0.3, 2.5].

    Its Fisher information is diag(n / sigma^2, 2 n / sigma^2).
    """

    def model(x=None):
        theta = numpyro.sample("theta", PRIOR)
        numpyro.sample("x", dist.Normal(theta[0], theta[1]).expand((NUM_DATA,)).to_event(), obs=x)

    fiducial = np.array([0.0, 1.0], np.float32)
    return Task("normal_draws", ("mu", "sigma"), PRIOR, fiducial, None, model, posterior=sample_posterior)


def information(theta: Float[ArrayLike, " 2"]) -> Float[ArrayLike, "2 2"]:
    """Return the Fisher information of all draws."""
    return jnp.diag(jnp.array([NUM_DATA, 2.0 * NUM_DATA])) / theta[1] ** 2


def sample_posterior(key: RandomKey, x: Float[ArrayLike, " data"], num_draws: int) -> Float[np.ndarray, "draw 2"]:
    """Return draws of theta given x, exact up to the size of the cells."""
    x = np.asarray(x, np.float64)
    mu, sigma = (cell_centres(low, high, NUM_CELLS) for low, high in PRIOR.ranges)
    squares = np.sum((x - x.mean()) ** 2) + len(x) * (x.mean() - mu[:, None]) ** 2
    return sample_cells(key, (mu, sigma), -len(x) * np.log(sigma) - squares / (2 * sigma**2), num_draws)
