"""What a Gaussian-field likelihood knows: chains over the parameters alone, which also whiten those of other chains."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.fields import Grid
from fullfield.samplers import Chains, NUTSSettings, nuts, run_chains
from fullfield.tasks import Task
from fullfield.types import ArrayLike, Float, RandomKey

NUM_CHAINS = 4
NUM_WARMUP = 300
NUM_DRAWS = 1000
MAX_POWER_ERROR = 0.1
NUM_ERRORS = 6.0
START_WIDTH = 0.3
"""Of the starting points, in standard deviations of the prior."""


class Whitening(NamedTuple):
    """Coordinates u = m + S v of the parameters, with a leading axis of observations."""

    mean: np.ndarray
    """m, (observation, p)."""
    factor: np.ndarray
    """S, (observation, p, p), lower triangular."""


def sample_gaussian(
    key: RandomKey, task: Task, x: Float[ArrayLike, "observation ..."], *, num_chains: int = NUM_CHAINS
) -> Chains:
    """Sample p(u) p_approx(x | theta(u)) with NUTS, for one or several observations together; no field is simulated.

    Parameters
    ----------
    key
        A typed key.
    task
        A task with an approximate likelihood; for maps, that of a Gaussian field of the same spectra.
    x
        Observed data along the first axis.
    num_chains
        Chains of each observation.

    Returns
    -------
    Chains
        ``draws`` are u, (observation x chain, draw, p).

    Raises
    ------
    ValueError
        Where the task has no approximate likelihood, or it is not finite at a starting point.
    """
    if task.approximation is None:
        raise ValueError(f"task {task.name!r} has no approximate likelihood to sample")
    start_key, chain_key = jax.random.split(key)
    data = jnp.repeat(jnp.asarray(x), num_chains, axis=0)

    def log_density(u, x):
        return task.approximation(x)(task.prior.to_constrained(u)) - jnp.sum(u**2) / 2

    starts = START_WIDTH * jax.random.normal(start_key, (len(data), task.num_parameters))
    finite = np.isfinite(jax.jit(jax.vmap(log_density))(starts, data))
    if not finite.all():
        raise ValueError(
            f"the approximate log density is not finite at {np.sum(~finite)} of {len(finite)} starting points: do the"
            " data hold NaN, or lie far outside the model?"
        )
    return run_chains(
        chain_key,
        nuts(log_density, NUTSSettings(NUM_WARMUP, mass="dense")),
        starts,
        data,
        num_warmup=NUM_WARMUP,
        num_draws=NUM_DRAWS,
        collect=lambda u, x: u,
        chunk=100,
    )


def whiten(draws: Float[ArrayLike, "chain draw p"], num_observations: int = 1) -> Whitening:
    """Return mean and Cholesky factor of the covariance of each observation's draws of u."""
    draws = np.asarray(draws, np.float64)
    draws = draws.reshape(num_observations, -1, draws.shape[-1])
    factors = [np.linalg.cholesky(np.cov(one, rowvar=False)) for one in draws]
    return Whitening(draws.mean(1).astype(np.float32), np.stack(factors).astype(np.float32))


def no_whitening(task: Task, num_observations: int = 1) -> Whitening:
    """Return u = v: the prior's own coordinates, for a task without an approximate likelihood."""
    size = task.num_parameters
    zeros = np.zeros((num_observations, size), np.float32)
    return Whitening(zeros, np.tile(np.eye(size, dtype=np.float32), (num_observations, 1, 1)))


def check_noise(
    grid: Grid, spectrum: Float[ArrayLike, "pairs distinct"], noise_sigma: Float[ArrayLike, " bins"], x: ArrayLike
) -> None:
    """Refuse a map whose small scales no parameters explain: its noise is not the survey's.

    The power of each bin in the half of its modes with the highest multipoles is compared with signal and noise at the
    mean of the Gaussian-field posterior.

    Parameters
    ----------
    grid
        The grid.
    spectrum
        (num_pairs, num_distinct) signal P_ij(k) there.
    noise_sigma
        (num_bins,) standard deviation of the noise per pixel.
    x
        (num_bins, N, N) map.

    Raises
    ------
    ValueError
        Where the logarithms of measured and expected power differ by more than six standard errors of a Gaussian field
        and by more than a tenth, with the bin and the ratio.
    """
    noise = np.asarray(noise_sigma, np.float64) ** 2
    i, j = np.triu_indices(len(noise))
    half_plane = np.asarray(grid.to_half_plane(grid.to_quadrant(jnp.asarray(spectrum)[i == j])))
    weight = np.broadcast_to(grid.multiplicity[None], grid.ell.shape) * (grid.ell >= np.median(grid.ell))
    power = np.abs(np.fft.rfft2(np.asarray(x, np.float64))) ** 2 / grid.num_pixels**2
    measured = (power * weight).sum(axis=(1, 2)) / weight.sum()
    expected = (half_plane * weight).sum(axis=(1, 2)) / weight.sum() + noise
    limit = max(MAX_POWER_ERROR, NUM_ERRORS * np.sqrt(2.0 / weight.sum()))
    for index, ratio in enumerate(measured / expected):
        if abs(np.log(ratio)) > limit:
            raise ValueError(
                f"bin {index + 1} of the map has {ratio:.3g} times the power on small scales that the best-fitting"
                f" parameters and the survey's noise explain (allowed: {np.exp(-limit):.2g} to {np.exp(limit):.2g}):"
                f" is its noise {np.sqrt(noise[index]):.3g} a pixel, as the survey file says?"
            )
