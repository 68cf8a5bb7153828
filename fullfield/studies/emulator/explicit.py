"""Explicit inference through the emulator: chains over parameters and initial conditions, given a noisy map."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.emulator.emulator import Emulator
from fullfield.keys import stage_key
from fullfield.metrics import chains
from fullfield.pipeline.gaussian_posterior import whiten
from fullfield.pipeline.reference import Target, sample_reference
from fullfield.resume import Resume
from fullfield.samplers import ChainSettings
from fullfield.studies.emulator.inference import Observations
from fullfield.studies.emulator.maps import MapSettings
from fullfield.studies.emulator.settings import CHEAP, EXPENSIVE
from fullfield.tasks import Task

SAMPLER = "split_hmc"


class Explicit(NamedTuple):
    """Chains of some observations."""

    draws: xr.Dataset
    """theta (observation, chain, draw, parameter) and truth (observation, parameter)."""
    convergence: pd.DataFrame
    """observation, and the columns of `metrics.chains.summarise`; step_size and acceptance of the draws."""
    num_gradients: int


@dataclasses.dataclass(frozen=True)
class ExplicitSettings:
    """Budget of the chains.

    Attributes
    ----------
    num_observations
        The first ones.
    chains
        Of each.
    """

    num_observations: int
    chains: ChainSettings

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "ExplicitSettings":
        """Return what the configuration says."""
        return cls(budget["num_observations"], ChainSettings.from_budget(budget))


def model_of(kind: str, settings: MapSettings, noise: float, emulator: Emulator | None) -> Task:
    """Return the generative model of a kind of maps: a simulator, or the cheap one behind an emulator."""
    if kind in (CHEAP, EXPENSIVE):
        return settings.task(kind, noise=noise)
    return settings.task(CHEAP, noise=noise, transport=emulator.one)


def sample(
    seed: int,
    task: Task,
    observed: Observations,
    implicit: xr.Dataset,
    settings: ExplicitSettings,
    *,
    resume: Resume | None = None,
) -> Explicit:
    """Sample p(theta, z | x) of the first observations.

    Parameters
    ----------
    seed
        Integer seed; chains of all models share keys.
    task
        As `model_of` returns it.
    observed
        Noisy expensive maps.
    implicit
        Posteriors of them learned from maps of this model: theta (seed, observation, draw, parameter). Their means and
        covariances are the coordinates of the chains, nothing else.
    settings
        Budget.
    resume
        Where chains keep their state.
    """
    few = slice(settings.num_observations)
    x, truth = observed.x[few], observed.theta[few]
    theta = np.concatenate(list(implicit["theta"].values[:, few]), axis=1)
    whitening = whiten(np.asarray(task.prior.to_unconstrained(jnp.asarray(theta))), len(x))
    key = stage_key(seed, "emulator", "explicit")
    made = sample_reference(key, Target(task, x, whitening), settings.chains, sampler=SAMPLER, resume=resume)
    draws = np.asarray(made.draws).reshape(len(x), settings.chains.num_chains, settings.chains.num_draws, -1)
    kept = jax.tree.map(lambda leaf: np.asarray(leaf)[:, settings.chains.num_warmup :], made.info)
    tables = []
    for o, own in enumerate(draws):
        rows = slice(o * settings.chains.num_chains, (o + 1) * settings.chains.num_chains)
        facts = {"step_size": float(kept.step_size[rows].mean()), "acceptance": float(kept.acceptance[rows].mean())}
        tables.append(chains.summarise(own, task.parameter_names).assign(observation=o, **facts))
    dataset = xr.Dataset(
        {
            "theta": (("observation", "chain", "draw", "parameter"), draws),
            "truth": (("observation", "parameter"), truth),
        },
        coords={"parameter": list(task.parameter_names)},
    )
    return Explicit(dataset, pd.concat(tables, ignore_index=True), made.num_gradients)
