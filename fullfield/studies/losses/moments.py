"""Why a moment is not enough: theta ~ N(0, 1), x = |theta| + 0.1 noise, where everything can be computed.

The posterior has two equal peaks, at x and -x. Its mean is zero whatever x is: the exact minimisers of MSE and GNLL,
which hand on the mean, say nothing, though x itself says I(theta; x) = 1.686 nats. Its median is any point between the
peaks: the minimiser of absolute errors is not unique, and says what is left to it. A trained network is not the
minimiser: its ripples about it are seen, too, once they are standardised.
"""

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.compress import LOSSES, CompressorSettings, Source, fit_compressor
from fullfield.keys import stage_key
from fullfield.types import ArrayLike, Bool, Float

NOISE = 0.1
READING = 0.01
"""Accuracy that every summary is read with, in its own standard deviations: what a very good estimator could tell."""
LOSSES_UNDER_STUDY = ("mse", "mae", "gnll", "vmim")
ROUNDING = 1e-9
THETA = np.linspace(-5.0, 5.0, 501)
X = np.linspace(-0.5, 5.5, 3001)


def joint_density() -> Float[np.ndarray, "theta x"]:
    """Return p(theta, x) on the grids."""
    prior = np.exp(-(THETA**2) / 2) / math.sqrt(2 * math.pi)
    residual = (X - np.abs(THETA)[:, None]) / NOISE
    return prior[:, None] * np.exp(-(residual**2) / 2) / (NOISE * math.sqrt(2 * math.pi))


def exact_information() -> float:
    """Return I(theta; x) in nats, by quadrature."""
    return mutual_information(joint_density() * np.gradient(X))


def mutual_information(joint: Float[ArrayLike, "theta outcome"]) -> float:
    """Return I = sum p log p / (p_theta p_outcome), in nats, of densities in theta times probabilities of outcomes."""
    joint = np.asarray(joint, np.float64)
    joint = joint / joint.sum()
    independent = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    seen = joint > 0.0
    return float(np.sum(joint[seen] * np.log(joint[seen] / independent[seen])))


def exact_minimisers() -> dict[str, Float[np.ndarray, " x"]]:
    """Return, on the grid of x, the summaries that losses with a single minimiser are least at.

    VMIM's is any invertible function of the sufficient statistic x, up to the tails where theta changes sign.
    """
    joint = joint_density()
    mean = THETA @ joint / joint.sum(0)
    return {"mse": mean, "gnll": mean, "vmim": X}


def spread(summary: Float[ArrayLike, " x"]) -> float:
    """Return the standard deviation of a summary over simulations."""
    return math.sqrt(np.cov(np.asarray(summary, np.float64), aweights=joint_density().sum(0)))


def _likely() -> Bool[np.ndarray, " x"]:
    density = joint_density().sum(0)
    return density > 1e-6 * density.max()


def information_in(summary: Float[ArrayLike, " x"], reading: float = READING) -> float:
    """Return I(theta; t(x) / sd(t) + reading noise), in nats, by quadrature, for a summary given on the grid of x."""
    summary = np.asarray(summary, np.float64)
    # Less than rounding is a constant.
    if (scale := spread(summary)) < ROUNDING:
        return 0.0
    # What x hardly ever reaches is no reason for a wide grid.
    summary = np.clip(summary / scale, *np.quantile(summary[_likely()] / scale, (0.0, 1.0)))
    low, high = summary.min() - 5 * reading, summary.max() + 5 * reading
    values = np.arange(low, high + reading / 3, reading / 3)
    read = np.exp(-(((values - summary[:, None]) / reading) ** 2) / 2)
    return mutual_information(joint_density() @ (read / read.sum(1, keepdims=True)))


def simulate_moments(
    seed: int, num_seeds: int, settings: CompressorSettings, losses: Sequence[str] = LOSSES_UNDER_STUDY
) -> tuple[pd.DataFrame, xr.Dataset]:
    """Train summaries of the toy.

    Parameters
    ----------
    seed
        Integer seed.
    num_seeds
        Trainings by each loss.
    settings
        Architecture and budget of every summary.
    losses
        Their losses.

    Returns
    -------
    tuple
        Table (loss, seed, information, fraction, exact, standard_deviation of the summary, and the information that the
        exact minimiser keeps, NaN where there are many) and the summaries on the grid of x, (loss, seed, x), with draws
        of (theta, x).
    """
    key = stage_key(seed, "simulate_moments")

    def generate(index, key):
        theta_key, noise_key = jax.random.split(jax.random.fold_in(key, index))
        theta = jax.random.normal(theta_key, (1,))
        return theta, jnp.abs(theta) + NOISE * jax.random.normal(noise_key, (1,)), jnp.array(True)

    minimisers = {name: information_in(summary) for name, summary in exact_minimisers().items()}
    exact, rows, curves = exact_information(), [], {}
    for name in losses:
        keys = jax.random.split(stage_key(seed, "train_moments", name), num_seeds)
        compressors, _ = fit_compressor(keys, LOSSES[name](1), Source(generate, key), settings)
        made = [np.asarray(one(jnp.asarray(X[:, None], jnp.float32)))[:, 0] for one in compressors]
        curves[name] = made
        for index, summary in enumerate(made):
            kept = information_in(summary)
            rows.append(
                {"loss": name, "seed": index, "information": kept, "fraction": kept / exact, "exact": exact}
                | {"standard_deviation": spread(summary), "minimiser": minimisers.get(name, math.nan)}
            )
    theta, x, _ = jax.vmap(generate, (0, None))(jnp.arange(2000), key)
    dataset = xr.Dataset(
        {
            "summary": (("loss", "seed", "x"), np.array(list(curves.values()))),
            "drawn_theta": ("draw", np.asarray(theta)[:, 0]),
            "drawn_x": ("draw", np.asarray(x)[:, 0]),
        },
        coords={"loss": list(curves), "x": X},
    )
    return pd.DataFrame(rows), dataset
