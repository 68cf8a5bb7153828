"""Summaries of everything that a field's posteriors are made of and judged on: a bank of the prior, targets, truths."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from fullfield.keys import stage_key
from fullfield.pipeline.fiducial import ScoreEstimate
from fullfield.pipeline.source import in_chunks, require_valid
from fullfield.studies.imnn.cases import FieldCase
from fullfield.studies.imnn.points import valid_simulations
from fullfield.tasks import Task, simulate_chunks
from fullfield.types import ArrayLike, Float, RandomKey

CHUNK = 500
NUM_CHAINS = 4
"""Independent draws of the exact posterior stand in so many rows, as those of chains do."""


@dataclasses.dataclass(frozen=True)
class DataSettings:
    """Numbers of simulations.

    Attributes
    ----------
    num_bank
        Of the prior, which serve all targets.
    num_targets
        Observations at the target parameters, which no summary has been trained for.
    num_calibration
        Observations at parameters of the prior.
    num_draws
        Draws of each posterior.
    """

    num_bank: int
    num_targets: int
    num_calibration: int
    num_draws: int

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "DataSettings":
        """Return what the configuration says."""
        return cls(**{field.name: budget[field.name] for field in dataclasses.fields(cls)})


class Observed(NamedTuple):
    """Observations."""

    theta: Float[np.ndarray, "observation p"]
    x: Float[np.ndarray, "observation n n"]


def observed_at_target(seed: int, name: str, case: FieldCase, task: Task, num: int) -> Observed:
    """Return observations at the target parameters."""
    theta = jnp.tile(jnp.asarray(case.target, jnp.float32), (num, 1))
    made = valid_simulations(stage_key(seed, "imnn", name, "judged"), task, theta)
    return Observed(np.asarray(made.theta), np.asarray(made.x))


def observed_over_prior(seed: int, name: str, task: Task, num: int) -> Observed:
    """Return observations at parameters of the prior."""
    theta_key, key = jax.random.split(stage_key(seed, "imnn", name, "calibrated"))
    made = valid_simulations(key, task, task.prior.sample(theta_key, (num,)))
    return Observed(np.asarray(made.theta), np.asarray(made.x))


def summaries_at(key: RandomKey, task: Task, summary: ScoreEstimate, u: Float[ArrayLike, "n p"]) -> np.ndarray:
    """Return white scores of one simulation at each of many parameters."""
    made = valid_simulations(key, task, task.prior.to_constrained(jnp.asarray(u)))
    return in_chunks(summary.white, made.x, CHUNK)


def make_data(
    name: str, seed: int, case: FieldCase, task: Task, summaries: Mapping[str, ScoreEstimate], settings: DataSettings
) -> xr.Dataset:
    """Simulate everything and keep the summaries.

    Returns
    -------
    Dataset
        bank_theta (simulation, parameter), bank (summary, simulation, entry); target_theta, target (summary,
        observation, entry), target_posterior (observation, draw, parameter), exact draws; calibration_theta,
        calibration, calibration_posterior, the same over the prior; range (parameter, bound), of the prior; example
        (observation, row, column), the first targets themselves. Its attribute num_discarded counts simulations of the
        bank that were left out as invalid.
    """
    key = stage_key(seed, "imnn", name, "bank")
    theta, white, num_discarded = [], {kind: [] for kind in summaries}, 0
    looks = {kind: jax.jit(one.white) for kind, one in summaries.items()}
    for made in simulate_chunks(key, task, settings.num_bank):
        valid = np.asarray(made.num_invalid) == 0
        num_discarded += require_valid(valid)
        theta.append(made.theta[valid])
        for kind, look in looks.items():
            white[kind].append(in_chunks(look, made.x[valid], CHUNK))
    kinds = list(summaries)
    variables = {
        "bank_theta": (("simulation", "parameter"), np.concatenate(theta)),
        "bank": (("summary", "simulation", "entry"), np.stack([np.concatenate(white[kind]) for kind in kinds])),
    }
    targets = observed_at_target(seed, name, case, task, settings.num_targets)
    others = observed_over_prior(seed, name, task, settings.num_calibration)
    for label, observed, num_draws in (
        ("target", targets, NUM_CHAINS * settings.num_draws),
        ("calibration", others, settings.num_draws),
    ):
        dimension = f"{label}_observation"
        keys = jax.random.split(stage_key(seed, "imnn", name, label, "posterior"), len(observed.x))
        draws = [task.posterior(key, x, num_draws) for key, x in zip(keys, observed.x, strict=True)]
        own = np.stack([np.asarray(looks[kind](jnp.asarray(observed.x))) for kind in kinds])
        variables |= {
            f"{label}_theta": ((dimension, "parameter"), observed.theta),
            label: (("summary", dimension, "entry"), own),
            f"{label}_posterior": ((dimension, f"{label}_draw", "parameter"), np.stack(draws)),
        }
    variables["range"] = (("parameter", "bound"), np.array(task.prior.ranges))
    variables["example"] = (("example", "row", "column"), targets.x[:3])
    return xr.Dataset(
        variables, {"summary": kinds, "parameter": list(task.parameter_names)}, {"num_discarded": num_discarded}
    )
