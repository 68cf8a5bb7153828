"""Draws of chains that a truth is ranked among."""

import numpy as np

from fullfield.metrics import thinning
from fullfield.types import Float


def ranked_draws(
    draws: Float[np.ndarray, "observation chain draw p"], num_ranked: int
) -> Float[np.ndarray, "observation ranked p"]:
    """Return evenly spaced draws of each observation, as many of every chain, that a truth is ranked among.

    Ranks among correlated draws are not uniform, however long the chains are.
    """
    num_observations, num_chains, num_draws, size = draws.shape
    picked = thinning.evenly(num_draws, num_ranked // num_chains)
    return draws[:, :, picked].reshape(num_observations, -1, size)
