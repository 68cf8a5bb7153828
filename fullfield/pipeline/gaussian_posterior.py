"""What a Gaussian-field likelihood knows: chains over the parameters alone, which also whiten those of other chains."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from fullfield.fields import Grid
from fullfield.pipeline.parameter_chains import sample_parameters
from fullfield.samplers import Chains, ChainSettings
from fullfield.tasks import Task
from fullfield.types import ArrayLike, Float, RandomKey

MODEL_ERROR = 0.02
MAX_CHI_SQUARED = 50.0


class Whitening(NamedTuple):
    """Coordinates u = m + S v of the parameters, with a leading axis of observations."""

    mean: np.ndarray
    """m, (observation, p)."""
    factor: np.ndarray
    """S, (observation, p, p), lower triangular."""


def sample_gaussian(
    key: RandomKey, task: Task, x: Float[ArrayLike, "observation ..."], settings: ChainSettings
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
    settings
        Budget of the chains of each observation.

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
    data = jnp.repeat(jnp.asarray(x), settings.num_chains, axis=0)

    def log_likelihood(u, x):
        return task.approximation(x)(task.prior.to_constrained(u))

    return sample_parameters(key, log_likelihood, task.num_parameters, data, settings)


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
        Where the logarithms of measured over expected power have a chi^2 above 50, with the errors of a Gaussian field
        and 2 % for what it leaves out; of 1 200 mock maps over the prior none had.
    """
    noise = np.asarray(noise_sigma, np.float64) ** 2
    i, j = np.triu_indices(len(noise))
    half_plane = np.asarray(grid.to_half_plane(grid.to_quadrant(jnp.asarray(spectrum)[i == j])))
    weight = np.broadcast_to(grid.multiplicity[None], grid.ell.shape) * (grid.ell >= np.median(grid.ell))
    power = np.abs(np.fft.rfft2(np.asarray(x, np.float64))) ** 2 / grid.num_pixels**2
    measured = (power * weight).sum(axis=(1, 2)) / weight.sum()
    expected = (half_plane * weight).sum(axis=(1, 2)) / weight.sum() + noise
    error = np.hypot(np.sqrt(2.0 / weight.sum()), MODEL_ERROR)
    ratio = measured / expected
    chi_squared = np.sum(np.log(ratio) ** 2) / error**2
    if chi_squared > MAX_CHI_SQUARED:
        worst = int(np.argmax(np.abs(np.log(ratio))))
        raise ValueError(
            f"bin {worst + 1} of the map has {ratio[worst]:.3g} times the power on small scales that the best-fitting"
            f" parameters and the survey's noise explain, to {error:.2g} (chi^2 of all bins is"
            f" {chi_squared:.0f}, allowed {MAX_CHI_SQUARED:.0f}): is its noise {np.sqrt(noise[worst]):.3g} a pixel, as"
            " the survey file says?"
        )
