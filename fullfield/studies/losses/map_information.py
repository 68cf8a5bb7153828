"""How much of the information in the maps a summary keeps."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from fullfield.types import Float

OF_MAPS = (
    *("lost_low", "lost_high", "lost_error"),
    *("fraction_low", "fraction_high", "fraction_error"),
    *("maps_low", "maps_high", "maps_error"),
)
"""Columns that need explicit posteriors."""


def prior_surprise(u: np.ndarray) -> np.ndarray:
    """Return -log p(u) for u ~ N(0, I), in nats."""
    return np.sum(u**2, axis=-1) / 2 + u.shape[-1] * math.log(2 * math.pi) / 2


class Entropies(NamedTuple):
    """H(u | x) of every observation, in nats."""

    bound: Float[np.ndarray, " mock"]
    """Cross-entropy of draws that the flow has not seen: above the entropy, in the mean over draws."""
    estimate: Float[np.ndarray, " mock"]
    """The bound less what the flow misses, by nearest neighbours among the draws that it has made nearly normal; no
    bound, but nearer."""


class Lost(NamedTuple):
    """E KL(p(u | x) || q(u | t(x))), in nats: what summary and estimator lose."""

    low: float
    """From the entropies' upper bounds."""
    high: float
    """From their estimates."""
    error: float
    """One standard deviation of either, over mock observations."""


def lost_information(entropies: Entropies, mock_log_prob: Float[np.ndarray, "seed mock"]) -> Lost:
    """Return E[-H(u | x) - E_p log q], in nats, for entropies that are known within bounds."""
    low, high = (-entropy - np.mean(mock_log_prob, axis=0) for entropy in (entropies.bound, entropies.estimate))
    return Lost(float(low.mean()), float(high.mean()), _standard_error(high))


class MapInformation(NamedTuple):
    """The information I(u; x) in the maps, in nats, and what it was estimated from."""

    low: float
    high: float
    """From upper bounds of the entropies of explicit posteriors, and from their estimates."""
    gains: Float[np.ndarray, " simulation"]
    """log q(u | t) - log p(u) of the control variate's estimator."""
    lost_error: float
    """Error of the divergence that is added to their mean."""
    entropies: Entropies
    """Of the explicit posteriors."""

    @property
    def error(self) -> float:
        """One standard deviation of either bound, over test simulations and mock observations."""
        return math.hypot(_standard_error(self.gains), self.lost_error)


def map_information(
    judged: Sequence[xr.Dataset], u: Float[np.ndarray, "simulation p"], entropies: Entropies | None
) -> MapInformation | None:
    """Return I(u; x) = I_q(u; t) + E KL(p(u | x) || q(u | t)), or None without explicit posteriors.

    It holds for every estimator q: test simulations measure the first term, explicit posteriors the second. Taken is
    the q whose divergence is known best.
    """
    if entropies is None:
        return None
    losses = [lost_information(entropies, one["mock_log_prob"].values) for one in judged]
    best = int(np.argmin([lost.error for lost in losses]))
    gains, lost = _gains(judged[best], u).mean(0), losses[best]
    value = float(gains.mean())
    return MapInformation(value + lost.low, value + lost.high, gains, lost.error, entropies)


def _gains(judged: xr.Dataset, u: np.ndarray) -> Float[np.ndarray, "seed simulation"]:
    return judged["test_log_prob"].values + prior_surprise(u)


def information_columns(judged: xr.Dataset, u: np.ndarray, maps: MapInformation | None) -> dict[str, float]:
    """Return the information in nats, and as an interval of fractions of that in the maps, whose own bounds are known.

    ``information_error`` is the error of the test simulations, which summaries share, ``information_seed_error`` that
    of the trainings; ``fraction_error`` is of both terms of the fraction, whose test simulations are the same, and of
    the trainings, and adds to either end.
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
        return columns | dict.fromkeys(OF_MAPS, math.nan)
    lost, fraction = lost_information(maps.entropies, judged["mock_log_prob"].values), value / maps.high
    kept_error = _standard_error(per_simulation - fraction * maps.gains)
    if len(per_seed) > 1:
        kept_error = math.hypot(kept_error, _standard_error(per_seed))
    found = (
        *(lost.low, lost.high, lost.error),
        *(fraction, value / maps.low, math.hypot(kept_error, fraction * maps.lost_error) / maps.high),
        *(maps.low, maps.high, maps.error),
    )
    return columns | dict(zip(OF_MAPS, found, strict=True))


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.nan
