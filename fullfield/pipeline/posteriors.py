"""Posteriors side by side: draws of every method and of the prior, with S8, ready for contours and limits."""

from collections.abc import Mapping

import numpy as np

from fullfield.compilation import jit_once
from fullfield.keys import stage_key
from fullfield.metrics import chains
from fullfield.tasks import ProductPrior

NUM_PRIOR_DRAWS = 20000


def prior_draws(prior: ProductPrior, seed: int) -> np.ndarray:
    """Return draws of the prior as one chain, (1, draw, p)."""
    draw = jit_once(lambda key: prior.sample(key, (NUM_PRIOR_DRAWS,)))
    return np.asarray(draw(stage_key(seed, "prior_draws")))[None]


def beside_prior(
    samples: Mapping[str, np.ndarray], names: tuple[str, ...], prior: ProductPrior, seed: int
) -> tuple[dict[str, np.ndarray], tuple[str, ...], dict[str, tuple[float, float]]]:
    """Add the prior and S8 to draws of several methods.

    Parameters
    ----------
    samples
        (chain, draw, p) draws by name of method.
    names
        Parameter names.
    prior
        The prior.
    seed
        Integer seed of the prior's draws.

    Returns
    -------
    tuple
        Extended draws by name, extended names, and (low, high) by name of the sampled parameters.
    """
    everything = {**samples, "prior": prior_draws(prior, seed)}
    extended = {name: chains.with_s8(np.asarray(draws, np.float64), names)[0] for name, draws in everything.items()}
    return extended, chains.with_s8(everything["prior"], names)[1], dict(zip(names, prior.ranges, strict=True))
