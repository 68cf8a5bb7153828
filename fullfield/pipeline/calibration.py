"""Is the posterior calibrated over the prior? Simulation-based calibration and TARP on fresh simulated observations."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from fullfield.metrics import chains, coverage


def calibration(
    draws: np.ndarray, truths: np.ndarray, summaries: np.ndarray, names: Sequence[str], seed: int
) -> tuple[pd.DataFrame, xr.Dataset]:
    """Run SBC on every parameter and S8, and TARP with blind and with informed reference points.

    Parameters
    ----------
    draws
        (observation, draw, p) posterior draws.
    truths
        (observation, p) parameters that made the observations.
    summaries
        (observation, num_summaries) what the posterior was conditioned on; TARP's informed points depend on them, so
        that a posterior that ignores the data fails.
    names
        Parameter names.
    seed
        Integer seed of reference points and bands.

    Returns
    -------
    tuple
        Tidy table (test, parameter, p_value, inside, num_observations, num_draws) and the curves with their bands.
    """
    extended_draws, extended = chains.with_s8(draws, names)
    ranks = coverage.sbc(extended_draws, chains.with_s8(truths, names)[0], seed=seed)
    informed = coverage.informed_points(summaries, truths, seed=seed)
    tests = {
        "tarp": coverage.tarp(draws, truths, seed=seed),
        "tarp_informed": coverage.tarp(draws, truths, points=informed, seed=seed),
    }
    rows = [
        {"test": "sbc", "parameter": name, "p_value": ranks.p_values[p], "inside": bool(ranks.inside[p])}
        for p, name in enumerate(extended)
    ]
    rows += [
        {"test": name, "parameter": "all", "p_value": result.p_value, "inside": bool(result.inside)}
        for name, result in tests.items()
    ]
    table = pd.DataFrame(rows).assign(num_observations=draws.shape[0], num_draws=draws.shape[1])
    return table, _curves(ranks, tests, extended)


def _curves(ranks: coverage.SBC, tests: dict[str, coverage.TARP], names: Sequence[str]) -> xr.Dataset:
    curves = {
        "ecdf_difference": (("level", "parameter"), ranks.ecdf_difference),
        "band_low": ("level", ranks.band_low),
        "band_high": ("level", ranks.band_high),
        "joint_low": ("level", ranks.joint_low),
        "joint_high": ("level", ranks.joint_high),
    }
    for name, result in tests.items():
        for field in ("coverage", "band_low", "band_high"):
            curves[f"{name}_{field}"] = ("tarp_level", getattr(result, field))
    levels = {"level": ranks.levels, "tarp_level": tests["tarp"].levels, "parameter": list(names)}
    return xr.Dataset(curves, coords=levels)
