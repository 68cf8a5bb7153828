"""A linear-Gaussian task with a posterior known in closed form."""

import jax
import numpy as np
import numpyro
import numpyro.distributions as dist

from fullfield.precision import full_precision
from fullfield.tasks.prior import ProductPrior, TruncatedNormal
from fullfield.tasks.task import Task
from fullfield.types import Float


def design_matrix(num_parameters: int, num_data: int) -> np.ndarray:
    """Return the fixed (num_data, num_parameters) matrix A of the task, smooth columns of decreasing amplitude."""
    position = np.linspace(0.0, 1.0, num_data)[:, None]
    order = np.arange(num_parameters)[None]
    return (np.cos(np.pi * order * position) / np.sqrt(1.0 + order)).astype(np.float32)


def linear_gaussian(*, num_parameters: int = 3, num_data: int = 8, noise: float = 0.5) -> Task:
    """Build x = A theta + B z + n with theta ~ N(0, I), z ~ N(0, I), n ~ N(0, noise^2 I).

    B = 0.3 times the first-difference operator correlates the data through the latents.

    Parameters
    ----------
    num_parameters, num_data
        Lengths of theta and of x (and z).
    noise
        Standard deviation of the white noise.

    Returns
    -------
    Task
        The task; `posterior` gives its exact posterior.
    """
    matrix, mixing = design_matrix(num_parameters, num_data), mixing_matrix(num_data)

    @full_precision
    def model(x=None):
        theta = numpyro.sample("theta", prior)
        z = numpyro.sample("z", dist.Normal().expand((num_data,)).to_event())
        numpyro.sample("x", dist.Normal(matrix @ theta + mixing @ z, noise).to_event(), obs=x)

    prior = ProductPrior(tuple(TruncatedNormal(0.0, 1.0) for _ in range(num_parameters)))
    names = tuple(f"theta_{p}" for p in range(num_parameters))
    fiducial = np.full(num_parameters, 0.5, np.float32)

    def draw(key, x, num_draws):
        mean, covariance = posterior(np.asarray(x, float), num_parameters, noise)
        root = np.linalg.cholesky(covariance).astype(np.float32)
        return mean.astype(np.float32) + jax.random.normal(key, (num_draws, num_parameters)) @ root.T

    return Task("linear_gaussian", names, prior, fiducial, (num_data,), model, posterior=full_precision(draw))


def mixing_matrix(num_data: int) -> np.ndarray:
    """Return B, (num_data, num_data)."""
    return (0.3 * (np.eye(num_data) - np.eye(num_data, k=1))).astype(np.float32)


def posterior(x: Float[np.ndarray, " d"], num_parameters: int = 3, noise: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and covariance of p(theta | x).

    Sigma = (I + A^T S^-1 A)^-1 and mu = Sigma A^T S^-1 x with S = B B^T + noise^2 I.
    """
    matrix, mixing = design_matrix(num_parameters, len(x)).astype(float), mixing_matrix(len(x)).astype(float)
    weighted = np.linalg.solve(mixing @ mixing.T + noise**2 * np.eye(len(x)), matrix).T
    covariance = np.linalg.inv(np.eye(num_parameters) + weighted @ matrix)
    return covariance @ weighted @ x, covariance
