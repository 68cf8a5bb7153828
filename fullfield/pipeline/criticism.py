"""Is the observation one that the simulator could have made? Prior- and posterior-predictive checks."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.fields import PowerSpectrumEstimator
from fullfield.keys import stage_key
from fullfield.metrics import predictive
from fullfield.pairs import num_bins_of
from fullfield.pipeline.problem import Lensing, require_valid
from fullfield.tasks.batches import simulate

NUM_BANDS = 6
WARNING_P_VALUE = 0.01


class Predicted(NamedTuple):
    """Band powers of an observation, and of maps simulated at posterior draws: predictive maps."""

    ell: np.ndarray
    observed: np.ndarray
    """(num_pairs, num_bands)."""
    predicted: np.ndarray
    """(predictive_map, num_pairs, num_bands)."""
    num_discarded: int
    """Invalid maps that were left out."""


def predict(setup: Lensing, x: np.ndarray, draws: np.ndarray, num_maps: int, seed: int) -> Predicted:
    """Simulate maps at posterior draws and measure their band powers beside the observation's.

    Parameters
    ----------
    setup
        The lensing task.
    x
        (num_bins, N, N) observation.
    draws
        (seed, draw, p) posterior draws; evenly spaced ones are used.
    num_maps
        Maps to simulate.
    seed
        Integer seed.

    Returns
    -------
    Predicted
        Band powers in steradian.

    Raises
    ------
    ValueError
        Where more than five maps in a thousand are invalid.
    """
    flat = draws.reshape(-1, draws.shape[-1])
    theta = flat[np.linspace(0, len(flat) - 1, num_maps).astype(int)]
    sims = simulate(stage_key(seed, "replicate"), setup.task, num_maps, theta=jnp.asarray(theta))
    valid = np.asarray(sims.num_invalid) == 0
    num_discarded = require_valid(valid)
    estimator = PowerSpectrumEstimator(setup.grid, NUM_BANDS)
    predicted = np.asarray(jax.jit(lambda maps: jax.lax.map(estimator, maps))(sims.x))[valid]
    return Predicted(estimator.ell, np.asarray(estimator(jnp.asarray(x))), predicted, num_discarded)


def auto_spectra(spectra: np.ndarray, num_bins: int) -> np.ndarray:
    """Return the log auto-spectra, flattened over bins and bands, from (..., num_pairs, num_bands) band powers."""
    i, j = np.triu_indices(num_bins)
    return np.log(spectra[..., i == j, :]).reshape(*spectra.shape[:-2], -1)


def criticise(summary: np.ndarray, simulated: np.ndarray, maps: Predicted | None) -> tuple[pd.DataFrame, xr.Dataset]:
    """Return p-values of the observation under both predictive laws, and what the figures show.

    Parameters
    ----------
    summary
        (num_summaries,) summary of the observation.
    simulated
        (n, num_summaries) summaries of simulations from the prior.
    maps
        Posterior-predictive band powers; None where there is no simulator.

    Returns
    -------
    tuple
        Table (check, p_value, statistic, num_simulations, warning) and the distances and band powers.
    """
    prior = predictive.prior_check(summary, simulated)
    rows = [("prior_predictive_summary", prior.p_value, prior.distance, len(prior.distances))]
    arrays = {"distance": ("simulation", prior.distances)}
    attrs = {"observed_distance": prior.distance, "prior_p_value": prior.p_value}
    if maps is not None:
        num_bins = num_bins_of(len(maps.observed))
        check = predictive.spectra_check(auto_spectra(maps.observed, num_bins), auto_spectra(maps.predicted, num_bins))
        rows.append(("posterior_predictive_spectra", check.p_value, check.chi_squared, len(maps.predicted)))
        arrays |= {
            "ell": ("band", maps.ell),
            "observed": (("pair", "band"), maps.observed),
            "predicted": (("predictive_map", "pair", "band"), maps.predicted),
        }
    table = pd.DataFrame(rows, columns=["check", "p_value", "statistic", "num_simulations"])
    return table.assign(warning=table["p_value"] < WARNING_P_VALUE), xr.Dataset(arrays, attrs=attrs)
