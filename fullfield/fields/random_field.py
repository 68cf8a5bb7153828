"""Random fields whose likelihood is known: Gaussian with independent modes, or the exponential of such a field."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from numpyro.distributions import constraints

from fullfield.fields.grid import Grid
from fullfield.types import Array, Float, Int, RandomKey


class RandomField(dist.Distribution):
    r"""A field x on a periodic grid, Gaussian or lognormal, without a mean of its own.

    .. math:: \log p(x) = -\tfrac12 \sum_{k \neq 0} \left[ |y_k|^2 / e_k + \ln 2 \pi e_k \right]

    with y_k the unitary Fourier modes of y = x, or of y = ln(1 + x) for a lognormal field: the density of the N^2 - 1
    numbers that are left of y without its mean, which theta alone moves. A lognormal field is
    x = exp(g - s^2 / 2) - 1, s^2 the mean square of g in the field itself (Makinen et al. 2021, arXiv:2107.07405).

    Parameters
    ----------
    mode_variance
        (distinct,) e_k > 0 on the distinct modes; that of the mean is ignored.
    grid
        The grid.
    is_lognormal
        Whether x is the exponential.
    """

    support = constraints.independent(constraints.real, 2)
    pytree_data_fields = ("mode_variance",)
    pytree_aux_fields = ("grid", "is_lognormal")

    def __init__(
        self, mode_variance: Float[Array, " distinct"], grid: Grid, *, is_lognormal: bool = False, validate_args=None
    ):
        self.mode_variance, self.grid, self.is_lognormal = mode_variance, grid, is_lognormal
        super().__init__((), (grid.num_pixels,) * 2, validate_args=validate_args)

    def sample(self, key: RandomKey, sample_shape: tuple[int, ...] = ()) -> Float[Array, "... n n"]:
        """Draw fields, differentiable in the variances."""
        shape = (self.grid.num_pixels,) * 2
        amplitude = self.grid.to_half_plane(self.grid.to_quadrant(jnp.sqrt(self.mode_variance).at[0].set(0.0)))
        white = jnp.fft.rfft2(jax.random.normal(key, sample_shape + shape))
        field = jnp.fft.irfft2(amplitude * white, s=shape)
        if not self.is_lognormal:
            return field
        return jnp.expm1(field - jnp.mean(field**2, axis=(-2, -1), keepdims=True) / 2)

    def log_prob(self, value: Float[Array, "*batch n n"]) -> Float[Array, "*batch"]:
        """Return the log density, in nats."""
        power = mode_power(self.grid, jnp.log1p(value) if self.is_lognormal else value)
        return log_likelihood(power, jnp.log(self.mode_variance), mode_count(self.grid))


def _distinct_of_half_plane(grid: Grid) -> Int[np.ndarray, "n half"]:
    """Return the index into the distinct modes of every mode of the half-plane."""
    return np.concatenate([grid.distinct_index, grid.distinct_index[-2:0:-1]])


def mode_power(grid: Grid, y: Float[Array, "*batch n n"]) -> Float[Array, "*batch distinct"]:
    """Return sum |y_k|^2 of the unitary Fourier modes that share a distinct one: the sufficient statistics of y."""
    power = grid.multiplicity * jnp.abs(jnp.fft.rfft2(y, norm="ortho")) ** 2
    index, flat = _distinct_of_half_plane(grid).ravel(), power.reshape(*y.shape[:-2], -1)
    return jnp.zeros((*y.shape[:-2], len(grid.ell_distinct))).at[..., index].add(flat)


def mode_count(grid: Grid) -> Float[Array, " distinct"]:
    """Return how many of the N^2 modes share each distinct one; none for the mean, which no field has."""
    weights = jnp.broadcast_to(grid.multiplicity, (grid.num_pixels, grid.num_frequencies))
    counts = jnp.zeros(len(grid.ell_distinct)).at[_distinct_of_half_plane(grid).ravel()].add(weights.ravel())
    return counts.at[0].set(0.0)


def log_likelihood(
    power: Float[Array, "*#batch distinct"],
    log_variance: Float[Array, "*#batch distinct"],
    count: Float[Array, " distinct"],
) -> Float[Array, "*batch"]:
    """Return the log density of modes with given power (`mode_power`) and log variances, in nats."""
    # The power of the mean, of which there is no count, says nothing.
    seen = jnp.where(count > 0, power, 0.0)
    scaled = jnp.where(count > 0, log_variance, 0.0)
    return -0.5 * jnp.sum(seen * jnp.exp(-scaled) + count * (jnp.log(2 * jnp.pi) + scaled), axis=-1)
