"""The prior of a task, without the task: no survey, no surrogate, no simulator."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fullfield import maps_io
from fullfield.settings.user_simulations import check_simulations
from fullfield.tasks.prior import ProductPrior, TruncatedNormal, default_prior
from fullfield.theory.cosmology import PARAMETER_NAMES


class NamedPrior(NamedTuple):
    """A prior and what its parameters are called."""

    names: tuple[str, ...]
    prior: ProductPrior


def load_prior(simulations: str | Path | None = None) -> NamedPrior:
    """Return the prior of a user's simulations, or that of the lensing task where there are none."""
    if not simulations:
        return NamedPrior(PARAMETER_NAMES, default_prior())
    return stored_prior(check_simulations(maps_io.load_simulations(simulations), str(simulations)))


def stored_prior(stored: Mapping[str, np.ndarray]) -> NamedPrior:
    """Return the prior that simulations on file stand for.

    Each parameter follows a Normal with the sample's mean and standard deviation, truncated to the bounds ``low`` and
    ``high`` where the file gives them; no posterior sample leaves those bounds.
    """
    theta = np.asarray(stored["theta"], np.float64)
    num_parameters = theta.shape[1]
    low = stored.get("low", np.full(num_parameters, -np.inf))
    high = stored.get("high", np.full(num_parameters, np.inf))
    marginals = zip(theta.mean(0), theta.std(0), low, high, strict=True)
    prior = ProductPrior(tuple(TruncatedNormal(*map(float, marginal)) for marginal in marginals))
    return NamedPrior(tuple(map(str, stored["parameter_names"])), prior)
