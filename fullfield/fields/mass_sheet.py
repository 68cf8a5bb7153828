"""The mean of a convergence map, which shear does not see: the mass-sheet degeneracy of a finite field."""

import jax.numpy as jnp
import numpyro.distributions as dist
from numpyro.distributions import constraints

from fullfield.survey import remove_mean
from fullfield.types import Array, ArrayLike, Float, RandomKey


class MeanFreeNormal(dist.Distribution):
    r"""White noise about maps whose means are unknown: the law of x = (1 - P) (kappa + n), P the mean over the pixels.

    .. math:: \log p(x) = -\tfrac12 \sum_i \left[ |(1 - P)(x_i - \kappa_i)|^2 / \sigma_i^2
              + (N^2 - 1) \log(2 \pi \sigma_i^2) \right],

    the density on the N^2 - 1 dimensions that are left of each bin. A constant added to a bin of x changes nothing.
    `survey.remove_mean` is the projection 1 - P.

    Parameters
    ----------
    kappa
        (..., bins, N, N) noiseless maps.
    sigma
        (bins, 1, 1) standard deviation of the noise per pixel.
    """

    support = constraints.independent(constraints.real, 3)
    pytree_data_fields = ("kappa", "sigma")

    def __init__(
        self, kappa: Float[Array, "*batch bins n n"], sigma: Float[ArrayLike, "bins 1 1"], *, validate_args=None
    ):
        self.kappa, self.sigma = kappa, jnp.asarray(sigma)
        super().__init__(kappa.shape[:-3], kappa.shape[-3:], validate_args=validate_args)

    def sample(self, key: RandomKey, sample_shape: tuple[int, ...] = ()) -> Float[Array, "... bins n n"]:
        """Draw noisy maps without their means."""
        noise = dist.Normal().sample(key, sample_shape + self.kappa.shape)
        return remove_mean(self.kappa + self.sigma * noise)

    def log_prob(self, value: Float[Array, "*batch bins n n"]) -> Float[Array, "*batch"]:
        """Return the log density of noisy maps, in nats, whatever their means."""
        residual = remove_mean(value - self.kappa) / self.sigma
        num_seen = residual.shape[-1] * residual.shape[-2] - 1
        norm = num_seen * jnp.sum(0.5 * jnp.log(2 * jnp.pi) + jnp.log(self.sigma))
        return -0.5 * jnp.sum(residual**2, axis=(-3, -2, -1)) - norm
