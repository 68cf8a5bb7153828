"""Whether the explicit posteriors of the standard analyses are calibrated over the prior."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield.pipeline.calibration import calibration
from fullfield.pipeline.gaussian_posterior import sample_gaussian
from fullfield.pipeline.power_spectrum_posterior import BandCovariance, sample_power_spectrum
from fullfield.pipeline.ranked_draws import ranked_draws
from fullfield.pipeline.setup import Lensing
from fullfield.samplers import Chains, ChainSettings
from fullfield.types import Float, RandomKey

BASELINES = ("power_spectrum", "gaussian_field")


def calibrate(
    key: RandomKey,
    setup: Lensing,
    baseline: str,
    mocks: tuple[Float[np.ndarray, "mock bins n n"], Float[np.ndarray, "mock p"]],
    settings: ChainSettings,
    *,
    covariance: BandCovariance,
    num_ranked: int,
    seed: int,
) -> tuple[pd.DataFrame, int]:
    """Run SBC and TARP on the posteriors of a standard analysis for mock observations at draws of the prior.

    Parameters
    ----------
    key
        A typed key.
    setup
        The lensing task.
    baseline
        One of `BASELINES`.
    mocks
        Maps and the theta that made them.
    settings
        Budget of the chains of each.
    covariance
        Of the band powers, for the power spectrum.
    num_ranked
        Draws that a truth is ranked among.
    seed
        Integer seed of reference points and bands.

    Returns
    -------
    tuple
        As `pipeline.calibration.calibration` returns it, and the gradients that the chains took.
    """
    x, theta = mocks
    chains = _sample(key, setup, baseline, x, settings, covariance)
    draws = np.asarray(jax.jit(setup.task.prior.to_constrained)(jnp.asarray(chains.draws)))
    ranked = ranked_draws(draws.reshape(len(x), settings.num_chains, settings.num_draws, -1), num_ranked)
    # The mean of the posterior depends on the data alone.
    table, _ = calibration(ranked, theta, ranked.mean(1), setup.task.parameter_names, seed)
    return table.assign(method=baseline), chains.num_gradients


def _sample(
    key: RandomKey, setup: Lensing, baseline: str, x: np.ndarray, settings: ChainSettings, covariance: BandCovariance
) -> Chains:
    if baseline == "power_spectrum":
        return sample_power_spectrum(key, setup, covariance, x, settings)
    return sample_gaussian(key, setup.task, x, settings)
