"""Why a moment is not enough: theta ~ N(0, 1), x = |theta| + 0.1 noise, where everything can be computed.

The posterior has two equal peaks, at x and -x. Its mean is zero whatever x is: a summary trained to be it says nothing,
though x itself says I(theta; x) = 1.686 nats. Its median is any point between the peaks: a summary trained on absolute
errors says what the training happens to leave in it.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.compress import LOSSES, CompressorSettings, Loss, Source, fit_compressor
from fullfield.keys import stage_key
from fullfield.types import ArrayLike, Float

NOISE = 0.1
READING = 0.02
"""Accuracy that a summary is read with, in prior standard deviations: what a finite training leaves of a constant is
ripples below it. A summary without units (VMIM) is scaled to unit variance first."""
THETA = np.linspace(-5.0, 5.0, 501)
X = np.linspace(-0.5, 5.5, 3001)


def toy_losses() -> dict[str, Loss]:
    """Return the losses under study, for one parameter."""
    return {name: LOSSES[name](1) for name in ("mse", "mae", "gnll", "vmim")}


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


def information_in(summary: Float[ArrayLike, " x"], reading: float = READING) -> float:
    """Return I(theta; t(x) + reading noise), in nats, by quadrature, for a summary given on the grid of x."""
    summary = np.asarray(summary, np.float64)
    low, high = summary.min() - 5 * reading, summary.max() + 5 * reading
    values = np.arange(low, high + reading / 3, reading / 3)
    read = np.exp(-(((values - summary[:, None]) / reading) ** 2) / 2)
    return mutual_information(joint_density() @ (read / read.sum(1, keepdims=True)))


def simulate_moments(seed: int, num_seeds: int, settings: CompressorSettings) -> tuple[pd.DataFrame, xr.Dataset]:
    """Train a summary of the toy by every loss.

    Parameters
    ----------
    seed
        Integer seed.
    num_seeds
        Trainings by each loss.
    settings
        Architecture and budget of every summary.

    Returns
    -------
    tuple
        Table (loss, seed, information, fraction, exact, standard_deviation of the summary) and the summaries on the
        grid of x, (loss, seed, x), with draws of (theta, x).
    """
    key = stage_key(seed, "simulate_moments")

    def generate(index, key):
        theta_key, noise_key = jax.random.split(jax.random.fold_in(key, index))
        theta = jax.random.normal(theta_key, (1,))
        return theta, jnp.abs(theta) + NOISE * jax.random.normal(noise_key, (1,)), jnp.array(True)

    weights = joint_density().sum(0)
    exact, rows, curves = exact_information(), [], {}
    for name, loss in toy_losses().items():
        keys = jax.random.split(jax.random.fold_in(key, len(curves)), num_seeds)
        compressors, _ = fit_compressor(keys, loss, Source(generate, key), settings)
        made = [np.asarray(one(jnp.asarray(X[:, None], jnp.float32)))[:, 0] for one in compressors]
        curves[name] = made
        for index, summary in enumerate(made):
            scatter = math.sqrt(np.cov(summary, aweights=weights))
            kept = information_in(summary / scatter if name == "vmim" else summary)
            rows.append(
                {"loss": name, "seed": index, "information": kept, "fraction": kept / exact, "exact": exact}
                | {"standard_deviation": scatter}
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
