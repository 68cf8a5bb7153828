"""Score fields of the two moons: what flows of several kinds learn of grad log p, with scores and without."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.inference.training import EstimatorSettings
from fullfield.keys import stage_key
from fullfield.studies.scores import moons
from fullfield.studies.scores.bank import Bank
from fullfield.studies.scores.cases import NONE

FLOWS = {
    "affine": {"transform": "affine"},
    "spline": {"transform": "spline", "num_components": 8},
    "smooth_1": {"transform": "smooth", "num_components": 1},
    "smooth_5": {"transform": "smooth", "num_components": 5},
    "smooth_16": {"transform": "smooth", "num_components": 16},
}
"""Kinds of flows by name: a spline of eight bins, and mixtures of so many sigmoids."""
BOX = ((0.2, 0.9), (0.3, 0.7))
"""The part of the plane that is shown."""


def score_fields(
    bank: Bank, seed: int, settings: EstimatorSettings, num_simulations: int, resolution: int
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Fit every kind of flow to the first simulations of every data set of a bank.

    Parameters
    ----------
    bank
        Of the density.
    seed
        Integer seed.
    settings
        Of every fit but for the kind of flow.
    num_simulations
        Draws that each is fitted to.
    resolution
        Points along a side of the box.

    Returns
    -------
    tuple
        score (flow, second, first, component) of the fits with scores to the first data set and of the target, named
        exact, on a grid of the plane; and a table of flow, kind (none or joint), seed, log_prob, mean log density of
        the test draws in nats, and score_error, E||grad log q - grad log p||^2 / E||grad log p||^2 at them.
    """
    first, second = (np.linspace(*side, resolution, dtype=np.float32) for side in BOX)
    points = np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2)
    exact = jax.jit(jax.vmap(jax.grad(moons.log_prob)))
    of_test = np.asarray(exact(jnp.asarray(bank.test_u)))
    fields, rows = {"exact": np.asarray(exact(jnp.asarray(points)))}, []
    subsets = bank.subsets(num_simulations)
    keys = jax.random.split(stage_key(seed, "score_fields"), bank.num_seeds)
    for name, architecture in FLOWS.items():
        own = dataclasses.replace(settings, **architecture)
        for kind, score in ((NONE, None), ("joint", bank.scores["joint"])):
            fit = moons.fit(keys, bank.u, score, subsets, own)
            log_prob = np.asarray(fit.log_prob(bank.test_u)).mean(axis=1)
            error = ((np.asarray(fit.score(bank.test_u)) - of_test) ** 2).sum(-1).mean(-1) / (of_test**2).sum(-1).mean()
            rows += [
                {"flow": name, "kind": kind, "seed": s, "log_prob": log_prob[s], "score_error": error[s]}
                for s in range(bank.num_seeds)
            ]
        fields[name] = np.asarray(fit.score(points))[0]
    shape = (len(fields), resolution, resolution, 2)
    values = np.stack(list(fields.values())).reshape(shape)
    coords = {"flow": list(fields), "second": second, "first": first}
    return xr.Dataset({"score": (("flow", "second", "first", "component"), values)}, coords), pd.DataFrame(rows)
