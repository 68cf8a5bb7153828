"""How much of the information in the maps a summary keeps."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from fullfield.types import Float


class Estimate(NamedTuple):
    """A number and one standard deviation of its Monte-Carlo error."""

    value: float
    error: float


def prior_surprise(u: np.ndarray) -> np.ndarray:
    """Return -log p(u) for u ~ N(0, I), in nats."""
    return np.sum(u**2, axis=-1) / 2 + u.shape[-1] * math.log(2 * math.pi) / 2


def lost_information(entropy: np.ndarray, mock_log_prob: np.ndarray) -> Estimate:
    """Return E KL(p(u | x) || q(u | t(x))) = E[-H(u | x) - E_p log q], in nats: what summary and estimator lose."""
    divergence = -entropy - np.mean(mock_log_prob, axis=0)
    return Estimate(float(divergence.mean()), float(divergence.std(ddof=1) / math.sqrt(len(divergence))))


class MapInformation(NamedTuple):
    """The information I(u; x) in the maps, in nats, and what it was estimated from."""

    value: float
    gains: Float[np.ndarray, " simulation"]
    """log q(u | t) - log p(u) of the control variate's estimator."""
    lost_error: float
    """Error of the divergence that is added to their mean."""
    entropy: Float[np.ndarray, " mock"]
    """Of the explicit posteriors."""


def map_information(
    judged: Sequence[xr.Dataset], u: Float[np.ndarray, "simulation p"], entropy: Float[np.ndarray, " mock"] | None
) -> MapInformation | None:
    """Return I(u; x) = I_q(u; t) + E KL(p(u | x) || q(u | t)), or None without explicit posteriors.

    It holds for every estimator q: test simulations measure the first term, explicit posteriors the second. Taken is
    the q whose divergence is known best.
    """
    if entropy is None:
        return None
    losses = [lost_information(entropy, one["mock_log_prob"].values) for one in judged]
    best = int(np.argmin([lost.error for lost in losses]))
    gains = _gains(judged[best], u).mean(0)
    return MapInformation(float(gains.mean()) + losses[best].value, gains, losses[best].error, entropy)


def _gains(judged: xr.Dataset, u: np.ndarray) -> Float[np.ndarray, "seed simulation"]:
    return judged["test_log_prob"].values + prior_surprise(u)


def information_columns(judged: xr.Dataset, u: np.ndarray, maps: MapInformation | None) -> dict[str, float]:
    """Return the information in nats, and as a fraction of that in the maps.

    ``information_error`` is the error of the test simulations, which summaries share, ``information_seed_error`` that
    of the trainings; ``fraction_error`` is of both terms of the fraction, whose test simulations are the same.
    """
    gains = _gains(judged, u)
    per_seed, per_simulation = gains.mean(1), gains.mean(0)
    value = float(per_simulation.mean())
    columns = {
        "information": value,
        "information_error": _standard_error(per_simulation),
        "information_seed_error": _standard_error(per_seed),
    }
    if maps is None:
        return columns | dict.fromkeys(("lost", "lost_error", "fraction", "fraction_error"), math.nan)
    lost, fraction = lost_information(maps.entropy, judged["mock_log_prob"].values), value / maps.value
    kept_error = _standard_error(per_simulation - fraction * maps.gains)
    return columns | {
        "lost": lost.value,
        "lost_error": lost.error,
        "fraction": fraction,
        "fraction_error": math.hypot(kept_error, fraction * maps.lost_error) / maps.value,
    }


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.nan
