"""The posterior of the field: mean and standard deviation of the noiseless maps, and what is left of the truth."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray as xr

from fullfield.fields import Grid, PowerSpectrumEstimator
from fullfield.maps_io import MAP_DIMS
from fullfield.pipeline.reference import Draw
from fullfield.samplers.moments import Moments
from fullfield.tasks import Task
from fullfield.tasks.task import to_latents, value_at
from fullfield.types import Array, ArrayLike, Float

NUM_BANDS = 8


def kappa_of(task: Task, *, whitened: bool = True) -> Callable[[Draw], Array]:
    """Return draw -> noiseless maps, (num_bins, N, N)."""

    def kappa(draw: Draw) -> Float[Array, "bins n n"]:
        theta = task.prior.to_constrained(draw.u)
        z = to_latents(task, draw.x)(theta, draw.latents)[0] if whitened else draw.latents
        return value_at(task, "kappa", theta, z)

    return kappa


def field_maps(moments: Moments) -> xr.Dataset:
    """Return mean and standard deviation of the maps over all chains, from the moments of each.

    Parameters
    ----------
    moments
        Leaves (chain, num_bins, N, N).

    Returns
    -------
    Dataset
        ``mean``, ``std`` (bin, row, column); attribute ``num_states``, maps that went into them.
    """
    variance = moments.variance.mean(axis=0) + moments.mean.var(axis=0)
    num_states = int(moments.count) * len(moments.mean)
    maps = {"mean": moments.mean.mean(axis=0), "std": np.sqrt(variance)}
    return xr.Dataset(
        {name: (MAP_DIMS, value.astype(np.float32)) for name, value in maps.items()}, attrs={"num_states": num_states}
    )


class ResidualPower(NamedTuple):
    """Power of truth minus posterior mean over that of the truth, (num_bins, num_bands)."""

    ell: np.ndarray
    measured: np.ndarray
    expected: np.ndarray
    """Mean of the posterior variance over the power of the truth, (num_bins,): what `measured` averages to over all
    modes if the posterior of the field is right."""
    measured_variance: np.ndarray
    """The same ratio measured over all pixels, (num_bins,)."""


def residual_power(
    grid: Grid,
    truth: Float[ArrayLike, "bins n n"],
    mean: Float[ArrayLike, "bins n n"],
    std: Float[ArrayLike, "bins n n"],
) -> ResidualPower:
    """Compare the posterior mean of the maps with the truth, scale by scale.

    Parameters
    ----------
    grid
        The grid.
    truth, mean, std
        Noiseless maps and their posterior moments.

    Returns
    -------
    ResidualPower
    """
    estimator = PowerSpectrumEstimator(grid, NUM_BANDS)
    truth, mean, std = (np.asarray(maps, np.float32) for maps in (truth, mean, std))
    i, j = np.triu_indices(len(truth))
    residual, power = (np.asarray(estimator(jnp.asarray(maps)))[i == j] for maps in (truth - mean, truth))
    total = truth.var(axis=(1, 2))
    return ResidualPower(
        estimator.ell,
        residual / power,
        (std**2).mean(axis=(1, 2)) / total,
        ((truth - mean) ** 2).mean(axis=(1, 2)) / total,
    )
