"""Posteriors of a field from one summary by every method, judged against the exact ones."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.inference import npe
from fullfield.inference.method import Simulations
from fullfield.inference.sequential import Rounds, Sequential, sample_in_rounds
from fullfield.inference.training import EstimatorSettings
from fullfield.keys import stage_key
from fullfield.pipeline.estimation import LOOSE, Posterior
from fullfield.pipeline.fiducial import ScoreEstimate
from fullfield.resume import Resume
from fullfield.studies.imnn.data import summaries_at
from fullfield.studies.imnn.judgement import acceptance, calibration, rejected, verdict
from fullfield.tasks import Task
from fullfield.tasks.cells import cell_centres, sample_cells
from fullfield.types import Float, RandomKey

DELFI, NPE, ABC, GAUSSIAN, REFERENCE = "delfi", "npe", "abc", "fisher_gaussian", "reference"
DRAWS_PER_ROW = 4
"""Draws of chains for every row that is compared."""
NUM_CELLS = 1000
"""Across the prior of each parameter, of which normal laws are drawn."""


@dataclasses.dataclass(frozen=True)
class PosteriorSettings:
    """Budget of posteriors.

    Attributes
    ----------
    num_draws
        Draws that are compared.
    num_npe, num_npe_members
        Simulations of the bank that amortised estimators learn from, and flows of their ensemble.
    accepted
        How many simulations ABC accepts, in turn.
    num_abc_rows
        Accepted simulations that are compared, whatever their number.
    rounds
        Of sequential estimation.
    npe
        Of every amortised flow.
    """

    num_draws: int
    num_npe: int
    num_npe_members: int
    accepted: tuple[int, ...]
    num_abc_rows: int
    rounds: Rounds
    npe: EstimatorSettings

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "PosteriorSettings":
        """Return what the configuration says."""
        rounds = budget["delfi"]
        return cls(
            budget["num_draws"],
            budget["num_npe"],
            budget["num_npe_members"],
            tuple(budget["accepted"]),
            budget["num_abc_rows"],
            Rounds(
                rounds["num_rounds"],
                rounds["num_simulations"],
                rounds["num_members"],
                DRAWS_PER_ROW * budget["num_draws"],
                EstimatorSettings.from_budget(rounds),
            ),
            EstimatorSettings.from_budget(budget["npe"]),
        )


class Given(NamedTuple):
    """What posteriors of one summary of a field are made of."""

    name: str
    """Of field and summary, for random keys."""
    seed: int
    task: Task
    summary: ScoreEstimate
    data: xr.Dataset
    """What `data.make_data` returns, of this summary alone."""

    def key(self, method: str) -> RandomKey:
        """Return the key of a method."""
        return stage_key(self.seed, "imnn", self.name, method)


class Posteriors(NamedTuple):
    """What one summary gives."""

    draws: xr.Dataset
    """theta (method, observation, draw, parameter) of the targets."""
    verdicts: pd.DataFrame
    """method, observation, num_simulations and the columns of `judgement.verdict`. The method ``reference`` is exact
    draws against others: what no difference scores."""
    acceptance: pd.DataFrame
    """As `judgement.acceptance` returns it."""
    calibration: pd.DataFrame
    """As `judgement.calibration` returns it."""
    convergence: pd.DataFrame
    """As in `sequential.Sequential`."""
    num_simulations: int
    """Made here, for all targets."""


def infer(given: Given, settings: PosteriorSettings, *, resume: Resume | None = None) -> Posteriors:
    """Make and judge all posteriors of one summary.

    Parameters
    ----------
    given
        Task, summary and data.
    settings
        Budget.
    resume
        Where finished rounds, and the training of the amortised estimator, keep their state.

    Returns
    -------
    Posteriors

    Raises
    ------
    ValueError
        Where chains of the last round have not converged.
    """
    task, data = given.task, given.data
    rows, exact = settings.num_draws, data["target_posterior"].values
    sequential = _delfi(given, settings.rounds, resume)
    amortised = _Amortised.fit(given, settings, resume)
    draws = {
        GAUSSIAN: about_estimates(given, rows),
        DELFI: np.asarray(task.prior.to_constrained(jnp.asarray(sequential.draws))),
        NPE: amortised.sample("target", data["target"].values, 2 * rows),
        ABC: rejected(data, "target", rows),
        REFERENCE: exact[:, rows : 3 * rows],
    }
    costs = {DELFI: settings.rounds.num_per_observation, NPE: settings.num_npe, ABC: data.sizes["simulation"]}
    others = np.concatenate([exact[:, :rows], exact[:, 3 * rows :]], axis=1)
    few = settings.num_abc_rows
    verdicts = [
        {"method": method, "observation": o, "num_simulations": costs.get(method, 0)}
        | verdict(values[o], others[o], (rows, few), task.parameter_names, seed=o)
        for method, values in draws.items()
        for o in range(len(exact))
    ]
    methods = (DELFI, NPE, ABC, GAUSSIAN)
    dimensions = ("method", "observation", "draw", "parameter")
    dataset = xr.Dataset(
        {"theta": (dimensions, np.stack([draws[method][:, :rows] for method in methods]))},
        {"method": list(methods), "parameter": data["parameter"].values},
    )
    num_rounds, num_each = settings.rounds.num_rounds, settings.rounds.num_simulations
    return Posteriors(
        dataset,
        pd.DataFrame(verdicts),
        acceptance(data, settings.accepted, few),
        calibration(
            data,
            {
                REFERENCE: data["calibration_posterior"].values,
                NPE: amortised.sample("calibration", data["calibration"].values, rows),
                ABC: rejected(data, "calibration", rows),
            },
        ),
        sequential.convergence,
        num_each * (1 + (num_rounds - 1) * len(exact)),
    )


def _delfi(given: Given, rounds: Rounds, resume: Resume | None) -> Sequential:
    task, observed = given.task, jnp.asarray(given.data["target"].values)

    def simulate(key, u):
        return summaries_at(key, task, given.summary, u)

    part = resume and resume.part(DELFI)
    made = sample_in_rounds(given.key(DELFI), simulate, observed, task.num_parameters, rounds, resume=part)
    last = made.convergence[made.convergence["round"] == rounds.num_rounds - 1]
    Posterior(made.draws, last).require_converged(**LOOSE)
    return made


class _Amortised(NamedTuple):
    """An estimator of the posterior at any summary."""

    estimator: npe.NPEstimator
    task: Task
    key: jax.Array

    @classmethod
    def fit(cls, given: Given, settings: PosteriorSettings, resume: Resume | None) -> "_Amortised":
        """Train on the first simulations of the bank."""
        fit_key, draw_key = jax.random.split(given.key(NPE))
        theta, white = (given.data[one].values[: settings.num_npe] for one in ("bank_theta", "bank"))
        simulations = Simulations(np.asarray(given.task.prior.to_unconstrained(jnp.asarray(theta))), white)
        keys = jax.random.split(fit_key, settings.num_npe_members)
        fitted, _ = npe.fit(keys, simulations, settings.npe, resume=resume and resume.part(NPE))
        return cls(fitted, given.task, draw_key)

    def sample(
        self, label: str, white: Float[np.ndarray, "observation s"], num: int
    ) -> Float[np.ndarray, "observation draw p"]:
        """Return draws of theta, of the equal mixture; those of another label are others."""
        each = -(-num // self.estimator.num_seeds)
        keys = jax.random.split(jax.random.fold_in(self.key, ("target", "calibration").index(label)), len(white))
        values = npe.sample(keys, self.estimator, jnp.asarray(white), each, self.task.prior.to_constrained).values
        mixed = np.moveaxis(np.asarray(values), 1, 2)
        return mixed.reshape(len(white), -1, mixed.shape[-1])[:, :num]


def about_estimates(given: Given, num: int) -> Float[np.ndarray, "observation draw p"]:
    """Return draws of the normal law about the score estimate, of covariance F^-1, within the prior.

    An estimate may lie outside the prior.
    """
    low, high = (np.asarray(side, np.float64) for side in (given.task.prior.low, given.task.prior.high))
    centres = [cell_centres(*bounds, NUM_CELLS) for bounds in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*centres, indexing="ij"), axis=-1)
    white = (points - given.summary.theta) @ np.linalg.cholesky(given.summary.fisher.information)
    targets = given.data["target"].values
    keys = jax.random.split(given.key(GAUSSIAN), len(targets))
    densities = (-0.5 * np.sum((white - one) ** 2, axis=-1) for one in targets)
    return np.stack([sample_cells(key, centres, density, num) for key, density in zip(keys, densities, strict=True)])
