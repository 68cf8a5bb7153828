"""Tables of the study: what posteriors learned from other maps are off by."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from fullfield.metrics import coverage
from fullfield.metrics.c2st import c2st
from fullfield.metrics.repeats import mean_and_error
from fullfield.metrics.thinning import distinct, without_those_of
from fullfield.studies.emulator.settings import EXPENSIVE

NUM_C2ST = 20
"""Observations that two-sample tests are made on."""


def compare_posteriors(draws: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Return how posteriors learned from other maps compare with those learned from expensive ones.

    Parameters
    ----------
    draws
        By kind of map, theta (seed, observation, draw, parameter) and truth; ``expensive`` must be there. Seeds and
        observations are the same ones.

    Returns
    -------
    DataFrame
        kind, then for each parameter shift_<parameter> (of the means, in standard deviations of the expensive
        posterior) and width_<parameter> (ratio), bias_<parameter> (mean of the truth's distance in own standard
        deviations), each with _error (over seeds and observations); c2st with _error; tarp (p-value, of the mixture of
        seeds) and inside; num_seeds, num_observations.
    """
    reference, rows = draws[EXPENSIVE], []
    names = [str(name) for name in reference["parameter"].values]
    truths = reference["truth"].values
    level = 1.0 - 0.05 / len(draws)
    for kind, one in draws.items():
        values = one["theta"].values
        row = {"kind": kind, "num_seeds": len(values), "num_observations": len(truths)}
        moments = {
            "shift": (values.mean(2) - reference["theta"].values.mean(2)) / reference["theta"].values.std(2),
            "width": values.std(2) / reference["theta"].values.std(2),
            "bias": (values.mean(2) - truths) / values.std(2),
        }
        for quantity, own in moments.items():
            for p, name in enumerate(names):
                row |= dict(
                    zip((f"{quantity}_{name}", f"{quantity}_{name}_error"), mean_and_error(own[..., p]), strict=True)
                )
        scores = _scores(values, reference["theta"].values)
        row |= dict(zip(("c2st", "c2st_error"), mean_and_error(scores), strict=True))
        mixture = np.concatenate(list(values), axis=1)
        tarp = coverage.tarp(mixture, truths, probability=level)
        rows.append(row | {"tarp": tarp.p_value, "inside": bool(tarp.inside)})
    return pd.DataFrame(rows)


def compare_explicit(
    draws: Mapping[str, xr.Dataset],
    convergence: pd.DataFrame,
    reference: xr.Dataset,
    *,
    max_rhat: float,
    min_ess: float,
) -> pd.DataFrame:
    """Return how chains compare with posteriors learned from expensive maps, observation by observation.

    Parameters
    ----------
    draws
        By kind of maps, theta (observation, chain, draw, parameter) and truth.
    convergence
        kind, observation, parameter, rhat, ess_bulk, num_gradients.
    reference
        Posteriors of the same observations, theta (seed, observation, draw, parameter).
    max_rhat, min_ess
        Of every parameter of chains that have converged.

    Returns
    -------
    DataFrame
        kind, observation, parameter, shift (of the means) and width (ratio), both by the reference's standard
        deviation, bias (distance of the truth in own standard deviations), rhat, ess_bulk, num_gradients (of all
        observations of a kind together), converged
        (all parameters of the observation).
    """
    mixture, rows = np.concatenate(list(reference["theta"].values), axis=1), []
    for kind, one in draws.items():
        for o, own in enumerate(one["theta"].values):
            flat, other = own.reshape(-1, own.shape[-1]), mixture[o]
            shift = (flat.mean(0) - other.mean(0)) / other.std(0)
            bias = (flat.mean(0) - one["truth"].values[o]) / flat.std(0)
            for p, name in enumerate(one["parameter"].values):
                row = {"kind": kind, "observation": o, "parameter": str(name)}
                rows.append(row | {"shift": shift[p], "width": flat.std(0)[p] / other.std(0)[p], "bias": bias[p]})
    facts = convergence[["kind", "observation", "parameter", "rhat", "ess_bulk", "num_gradients"]]
    table = pd.DataFrame(rows).merge(facts, on=["kind", "observation", "parameter"])
    passed = (table["rhat"] <= max_rhat) & (table["ess_bulk"] >= min_ess)
    return table.assign(converged=passed.groupby([table["kind"], table["observation"]]).transform("all"))


def _scores(draws: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return C2ST of the first observations, seed by seed; of a posterior with itself, of that of the next seed."""
    is_same = draws is reference or np.array_equal(draws, reference)
    num_seeds, num = len(draws), min(NUM_C2ST, draws.shape[1])
    scores = np.full((num_seeds, num), np.nan)
    for s, o in np.ndindex(num_seeds, num):
        other = reference[(s + is_same) % num_seeds, o]
        if is_same and num_seeds == 1:
            continue
        ours = without_those_of(distinct(draws[s, o]), other)
        scores[s, o] = c2st(ours, other[: len(ours)], seed=o).accuracy
    return scores
