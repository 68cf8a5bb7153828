"""Whether the explicit posteriors of the standard analyses are calibrated over the prior."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield.pipeline.calibration import calibration
from fullfield.pipeline.gaussian_posterior import sample_gaussian
from fullfield.pipeline.mock_posteriors import Gate
from fullfield.pipeline.power_spectrum_posterior import BandCovariance, sample_power_spectrum
from fullfield.pipeline.ranked_draws import ranked_draws
from fullfield.pipeline.setup import Lensing, gaussian_field_of
from fullfield.samplers import Chains, ChainSettings
from fullfield.types import Float, RandomKey

MAX_RHAT = 1.1
"""Chains that disagree more, or have fewer effective draws than are ranked, are counted as slow."""


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
        ``power_spectrum`` or ``gaussian_field``.
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
        As `pipeline.calibration.calibration` returns it, with ``method`` and ``num_slow``, observations whose chains
        are too short for ranks to be uniform; and the gradients that the chains took.
    """
    x, theta = mocks
    chains = _sample(key, setup, baseline, x, settings, covariance)
    u = np.asarray(chains.draws).reshape(len(x), settings.num_chains, settings.num_draws, -1)
    ranked = ranked_draws(np.asarray(jax.jit(setup.task.prior.to_constrained)(jnp.asarray(u))), num_ranked)
    # TARP's informed points may depend on the data alone, not on the draws.
    estimates = jax.jit(lambda x: jax.lax.map(gaussian_field_of(setup).estimate, x))(jnp.asarray(x)).u
    table, _ = calibration(ranked, theta, np.asarray(estimates), setup.task.parameter_names, seed)
    gate = Gate(MAX_RHAT, num_ranked)
    num_slow = sum(not gate.is_passed(one.astype(np.float64)) for one in u)
    return table.assign(method=baseline, num_slow=num_slow), chains.num_gradients


def _sample(
    key: RandomKey, setup: Lensing, baseline: str, x: np.ndarray, settings: ChainSettings, covariance: BandCovariance
) -> Chains:
    if baseline == "power_spectrum":
        return sample_power_spectrum(key, setup, covariance, x, settings)
    return sample_gaussian(key, setup.task, x, settings)
