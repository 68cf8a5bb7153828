"""The prior of a task, without the task: no survey, no surrogate, no simulator."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fullfield import maps_io
from fullfield.settings.user_prior import NORMAL, UNIFORM, declared_prior
from fullfield.settings.user_simulations import check_simulations
from fullfield.tasks.prior import ProductPrior, TruncatedNormal, Uniform, default_prior
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

    Parameters are uniform, or Normal and truncated to the bounds, as the file declares. Where it declares no prior,
    each follows a Normal with the sample's mean and standard deviation, truncated to the bounds ``low`` and ``high``
    where the file gives them. No posterior sample leaves those bounds.
    """
    theta, kind = np.asarray(stored["theta"], np.float64), declared_prior(stored)
    num_parameters = theta.shape[1]
    low = stored.get("low", np.full(num_parameters, -np.inf)).tolist()
    high = stored.get("high", np.full(num_parameters, np.inf)).tolist()
    if kind == UNIFORM:
        marginals = [Uniform(*bounds) for bounds in zip(low, high, strict=True)]
    else:
        loc, scale = (stored["loc"], stored["scale"]) if kind == NORMAL else (theta.mean(0), theta.std(0))
        marginals = [TruncatedNormal(*one) for one in zip(loc.tolist(), scale.tolist(), low, high, strict=True)]
    return NamedPrior(tuple(map(str, stored["parameter_names"])), ProductPrior(tuple(marginals)))
