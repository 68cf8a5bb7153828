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
from fullfield.inference.rejection import accept_nearest
from fullfield.inference.sequential import Rounds, Sequential, sample_in_rounds
from fullfield.inference.training import EstimatorSettings
from fullfield.keys import stage_key
from fullfield.metrics import constraints, coverage
from fullfield.metrics.c2st import c2st
from fullfield.metrics.thinning import without_repeats, without_those_of
from fullfield.pipeline.fiducial import ScoreEstimate
from fullfield.resume import Resume
from fullfield.studies.imnn.data import NUM_CHAINS, summaries_at
from fullfield.tasks import Task
from fullfield.types import Float

DELFI, NPE, ABC, GAUSSIAN, REFERENCE = "delfi", "npe", "abc", "fisher_gaussian", "reference"


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
                2 * budget["num_draws"],
                EstimatorSettings.from_budget(rounds),
            ),
            EstimatorSettings.from_budget(budget["npe"]),
        )


class Posteriors(NamedTuple):
    """What one summary gives."""

    draws: xr.Dataset
    """theta (method, observation, draw, parameter) of the targets."""
    verdicts: pd.DataFrame
    """method, observation, c2st, num_rows, lost (nats: half the log determinant of the covariance over the exact one),
    mahalanobis; for both parameters shift and width; num_simulations."""
    acceptance: pd.DataFrame
    """observation, num_accepted, fraction, distance, c2st."""
    calibration: pd.DataFrame
    """method, num_observations, tarp and the smaller sbc p-value, and whether both bands hold."""
    convergence: pd.DataFrame
    """As in `sequential.Sequential`."""


def infer(
    name: str,
    seed: int,
    task: Task,
    summary: ScoreEstimate,
    data: xr.Dataset,
    settings: PosteriorSettings,
    *,
    resume: Resume | None = None,
) -> Posteriors:
    """Make and judge all posteriors of one summary.

    Parameters
    ----------
    name
        Of field and summary, for random keys.
    seed
        Integer seed.
    task
        The generative model.
    summary
        White scores.
    data
        What `data.make_data` returns, of this summary alone.
    settings
        Budget.
    resume
        Where finished rounds, and the training of the amortised estimator, keep their state.

    Returns
    -------
    Posteriors
    """
    sequential = _delfi(name, seed, task, summary, data, settings, resume)
    amortised = _Amortised.fit(name, seed, task, data, settings, resume)
    rows, exact = settings.num_draws, data["target_posterior"].values
    accepted = _abc(data, "target", settings.num_draws)
    draws = {
        DELFI: np.asarray(task.prior.to_constrained(jnp.asarray(sequential.draws))),
        NPE: amortised.sample(data["target"].values, 2 * rows),
        ABC: accepted,
        GAUSSIAN: _gaussian(name, seed, task, summary, data["target"].values, rows),
    }
    costs = {
        DELFI: settings.rounds.num_per_observation,
        NPE: settings.num_npe,
        ABC: data.sizes["simulation"],
        GAUSSIAN: 0,
    }
    names = task.parameter_names
    verdicts = [
        {"method": method, "observation": o, "num_simulations": costs[method]}
        | verdict(values[o], exact[o], rows, names, seed=o)
        for method, values in draws.items()
        for o in range(len(exact))
    ]
    few = {method: values[:, :rows] for method, values in draws.items()}
    stacked = np.stack(list(few.values()))
    dimensions = ("method", "observation", "draw", "parameter")
    dataset = xr.Dataset(
        {"theta": (dimensions, stacked)}, {"method": list(draws), "parameter": data["parameter"].values}
    )
    return Posteriors(
        dataset,
        pd.DataFrame(verdicts),
        _acceptance(data, settings),
        _calibration(amortised, data, settings),
        sequential.convergence,
    )


def verdict(
    draws: Float[np.ndarray, "draw p"],
    exact: Float[np.ndarray, "exact_draw p"],
    num_rows: int,
    names: tuple[str, ...],
    *,
    seed: int,
) -> dict[str, float | int]:
    """Compare draws of a method with exact ones."""
    reference = exact[:num_rows]
    ours = without_those_of(without_repeats(draws), reference)[:num_rows]
    outcome = c2st(ours, reference[: len(ours)], seed=seed)
    chains = exact.reshape(NUM_CHAINS, -1, exact.shape[-1])
    table = constraints.compare(draws, chains, names)
    volumes = [np.linalg.slogdet(np.cov(one.T))[1] for one in (draws, exact)]
    row = {"c2st": outcome.accuracy, "num_rows": outcome.num_rows, "lost": float(volumes[0] - volumes[1]) / 2}
    row["mahalanobis"] = constraints.mean_shift(draws, chains).distance
    for place, one in enumerate(("first", "second")):
        row |= {f"shift_{one}": float(table["shift_sigma"][place]), f"width_{one}": float(table["width_ratio"][place])}
    return row


def _delfi(
    name: str,
    seed: int,
    task: Task,
    summary: ScoreEstimate,
    data: xr.Dataset,
    settings: PosteriorSettings,
    resume: Resume | None,
) -> Sequential:
    def simulate(key, u):
        return summaries_at(key, task, summary, u)

    key, observed = stage_key(seed, "imnn", name, DELFI), jnp.asarray(data["target"].values)
    part = resume and resume.part(DELFI)
    return sample_in_rounds(key, simulate, observed, task.num_parameters, settings.rounds, resume=part)


class _Amortised(NamedTuple):
    """An estimator of the posterior at any summary."""

    estimator: npe.NPEstimator
    task: Task
    key: jax.Array

    @classmethod
    def fit(
        cls,
        name: str,
        seed: int,
        task: Task,
        data: xr.Dataset,
        settings: PosteriorSettings,
        resume: Resume | None,
    ) -> "_Amortised":
        """Train on the first simulations of the bank."""
        fit_key, draw_key = jax.random.split(stage_key(seed, "imnn", name, NPE))
        theta, white = (data[one].values[: settings.num_npe] for one in ("bank_theta", "bank"))
        simulations = Simulations(np.asarray(task.prior.to_unconstrained(jnp.asarray(theta))), white)
        keys = jax.random.split(fit_key, settings.num_npe_members)
        fitted, _ = npe.fit(keys, simulations, settings.npe, resume=resume and resume.part(NPE))
        return cls(fitted, task, draw_key)

    def sample(self, white: Float[np.ndarray, "observation s"], num: int) -> Float[np.ndarray, "observation draw p"]:
        """Return draws of theta, of the equal mixture."""
        each = -(-num // self.estimator.num_seeds)
        keys = jax.random.split(self.key, len(white))
        values = npe.sample(keys, self.estimator, jnp.asarray(white), each, self.task.prior.to_constrained).values
        mixed = np.moveaxis(np.asarray(values), 1, 2)
        return mixed.reshape(len(white), -1, mixed.shape[-1])[:, :num]


def _abc(data: xr.Dataset, label: str, num_accepted: int) -> Float[np.ndarray, "observation draw p"]:
    theta, white = data["bank_theta"].values, data["bank"].values
    rows = [accept_nearest(white, observed, num_accepted).rows for observed in data[label].values]
    return theta[np.stack(rows)]


def _gaussian(
    name: str, seed: int, task: Task, summary: ScoreEstimate, white: Float[np.ndarray, "observation s"], num: int
) -> Float[np.ndarray, "observation draw p"]:
    """Return draws of the normal law about the score estimate, of covariance F^-1, within the prior."""
    rng = np.random.default_rng(np.asarray(jax.random.key_data(stage_key(seed, "imnn", name, GAUSSIAN))))
    low, high = np.asarray(task.prior.low), np.asarray(task.prior.high)
    kept = []
    for one in white:
        draws = summary.estimates(one + rng.standard_normal((100 * num, len(one))))
        inside = draws[((draws > low) & (draws < high)).all(axis=1)]
        if len(inside) < num:
            raise ValueError(f"{len(inside)} of {len(draws)} draws about a score estimate lie within the prior")
        kept.append(inside[:num])
    return np.stack(kept).astype(np.float32)


def _acceptance(data: xr.Dataset, settings: PosteriorSettings) -> pd.DataFrame:
    theta, white, exact = (data[one].values for one in ("bank_theta", "bank", "target_posterior"))
    rows = []
    for o, observed in enumerate(data["target"].values):
        rng, reference = np.random.default_rng(o), exact[o][: settings.num_abc_rows]
        for num in settings.accepted:
            accepted = accept_nearest(white, observed, num)
            few = theta[rng.choice(accepted.rows, min(num, len(reference)), replace=False)]
            outcome = c2st(few, reference[: len(few)], seed=o)
            row = {"observation": o, "num_accepted": num, "fraction": num / len(theta)}
            rows.append(row | {"distance": float(accepted.distance[-1]), "c2st": outcome.accuracy})
    return pd.DataFrame(rows)


def _calibration(amortised: _Amortised, data: xr.Dataset, settings: PosteriorSettings) -> pd.DataFrame:
    """Test what can be asked of many observations: exact draws, too, which must pass."""
    truths, white = data["calibration_theta"].values, data["calibration"].values
    num = settings.num_draws
    draws = {
        REFERENCE: data["calibration_posterior"].values,
        NPE: amortised.sample(white, num),
        ABC: _abc(data, "calibration", num),
    }
    points = coverage.informed_points(white, truths, seed=0)
    rows = []
    for method, values in draws.items():
        tarp, sbc = coverage.tarp(values, truths, points=points), coverage.sbc(values, truths)
        row = {"method": method, "num_observations": len(truths), "tarp": tarp.p_value}
        row |= {"sbc": float(sbc.p_values.min()), "inside": bool(tarp.inside and sbc.inside.all())}
        rows.append(row)
    return pd.DataFrame(rows)
