"""Does the surrogate of the spectra move a posterior or a score? Compared with exact spectra."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield.metrics import chains
from fullfield.pipeline.gaussian_posterior import sample_gaussian, whiten
from fullfield.pipeline.problem import Lensing
from fullfield.pipeline.reference import Keep, Target, sample_reference
from fullfield.samplers import ChainSettings
from fullfield.tasks.task import joint_score, simulate_one, unconstrained_log_density
from fullfield.types import ArrayLike, Float, RandomKey


def compare_posteriors(
    key: RandomKey,
    surrogate: Lensing,
    exact: Lensing,
    x: Float[ArrayLike, "bins n n"],
    settings: ChainSettings,
    whitening_settings: ChainSettings,
) -> pd.DataFrame:
    r"""Return how far exact spectra move the posterior of an observation.

    Draws (u, w) under the surrogate get the weights exp[log p_exact(u, w, x) - log p_surrogate(u, w, x)].

    Parameters
    ----------
    key
        A typed key.
    surrogate, exact
        The lensing task with either theory.
    x
        (num_bins, N, N) observation.
    settings
        Budget of the chains.
    whitening_settings
        Budget of the chains of the Gaussian field that whiten them.

    Returns
    -------
    DataFrame
        Columns parameter, shift_sigma (weighted minus plain mean, in standard deviations), width_ratio, weight_ess and
        num_draws; S8 included.
    """
    densities = [unconstrained_log_density(setup.task, jnp.asarray(x)) for setup in (exact, surrogate)]

    def collect(draw):
        values = [density(draw.u, draw.latents) for density in densities]
        return surrogate.task.prior.to_constrained(draw.u), values[0] - values[1]

    gaussian_key, key = jax.random.split(key)
    data = jnp.asarray(x)[None]
    whitening = whiten(sample_gaussian(gaussian_key, surrogate.task, data, whitening_settings).draws)
    target = Target(surrogate.task, data, whitening)
    theta, log_weight = sample_reference(key, target, settings, keep=Keep(collect)).draws
    draws, names = chains.with_s8(np.asarray(theta, np.float64), surrogate.task.parameter_names)
    draws, log_weight = draws.reshape(-1, len(names)), np.asarray(log_weight, np.float64).ravel()
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    mean, plain_mean = weight @ draws, draws.mean(0)
    width, plain_width = np.sqrt(weight @ (draws - mean) ** 2), draws.std(0)
    return pd.DataFrame(
        {
            "parameter": names,
            "shift_sigma": (mean - plain_mean) / plain_width,
            "width_ratio": width / plain_width,
            "weight_ess": 1.0 / np.sum(weight**2),
            "num_draws": len(weight),
        }
    )


def compare_scores(key: RandomKey, surrogate: Lensing, exact: Lensing, num_simulations: int) -> pd.DataFrame:
    """Return how far the joint scores of the same (theta, z, x) differ between the two theories.

    Parameters
    ----------
    key
        A typed key.
    surrogate, exact
        The lensing task with either theory.
    num_simulations
        Simulations at draws of the prior.

    Returns
    -------
    DataFrame
        Columns parameter, rms_score (under exact spectra), rms_difference, median_relative_difference (of its absolute
        value) and num_simulations; one gradient of each kind per simulation.
    """

    def one(index):
        values = simulate_one(jax.random.fold_in(key, index), surrogate.task, sites=("theta", "z", "x"))
        arguments = values["theta"], values["z"], values["x"]
        return joint_score(exact.task, *arguments), joint_score(surrogate.task, *arguments), values["num_invalid"] == 0

    results = jax.jit(lambda index: jax.lax.map(one, index))(jnp.arange(num_simulations))
    expected, score, valid = (np.asarray(value) for value in results)
    expected, score = expected[valid].astype(np.float64), score[valid].astype(np.float64)
    difference = score - expected
    return pd.DataFrame(
        {
            "parameter": surrogate.task.parameter_names,
            "rms_score": np.sqrt(np.mean(expected**2, axis=0)),
            "rms_difference": np.sqrt(np.mean(difference**2, axis=0)),
            "median_relative_difference": np.median(np.abs(difference / expected), axis=0),
            "num_simulations": len(score),
        }
    )
