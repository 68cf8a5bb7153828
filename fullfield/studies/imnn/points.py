"""Train summaries at a point that may be poor, estimate where the targets lie, train there again."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield import io, tasks
from fullfield.compress import Compressor, CompressorSettings, load_compressors, save_compressors
from fullfield.compress.networks import PYRAMID
from fullfield.compress.standardise import pixels
from fullfield.keys import stage_key
from fullfield.metrics.information import Moments
from fullfield.pipeline.fiducial import (
    InformationSettings,
    Measured,
    ScoreEstimate,
    measure,
    summary_of,
    train_at,
)
from fullfield.resume import Resume
from fullfield.studies.imnn.cases import CASES, FieldCase
from fullfield.tasks import Simulations, Task, simulate
from fullfield.tasks.prior import ProductPrior
from fullfield.tasks.random_fields import FieldModel, fisher_information
from fullfield.types import ArrayLike, Float, RandomKey

NUM_INDICES = 2**22
"""Of simulations that training draws from: nearly every one is made once."""
MARGIN = 0.05
"""Of the width of the prior: how far a point stays away from its bounds."""
EXACT, NETWORK = "score", "imnn"


@dataclasses.dataclass(frozen=True)
class PointSettings:
    """Budget of summaries of a field.

    Attributes
    ----------
    num_pixels
        Side of the field.
    num_retrainings
        How often a summary is trained anew at the mean estimate of targets.
    num_targets
        Targets that this is the mean of; those that methods are judged on are others.
    num_fresh
        Simulations that information is measured on.
    network
        Of the network and its training.
    """

    num_pixels: int
    num_retrainings: int
    num_targets: int
    num_fresh: int
    network: InformationSettings

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "PointSettings":
        """Return what the configuration says."""
        network = budget["compressor"]
        own = {"num_simulations": NUM_INDICES, "num_hidden": 0, "body": PYRAMID}
        names = ("num_pixels", "num_retrainings", "num_targets", "num_fresh")
        return cls(
            **{name: budget[name] for name in names},
            network=InformationSettings(
                CompressorSettings.from_budget({**network, **own}), network["num_slopes"], network["penalty"]
            ),
        )


class Points(NamedTuple):
    """Summaries trained at one point after the other."""

    compressor: Compressor
    """The last one."""
    last: ScoreEstimate
    """Score estimates from it."""
    information: pd.DataFrame
    """stage, summary (imnn, score: the exact one), first and second parameter of the point, exact, ln_det_fisher,
    error, lost and lost_error: nats less than the exact score has on the same simulations, half of the difference."""
    history: pd.DataFrame
    """Learning curves: stage, step, training, validation."""
    estimates: pd.DataFrame
    """stage, summary, target, parameter, truth, estimate."""
    num_simulations: int


def make_case(name: str, num_pixels: int) -> tuple[FieldCase, Task, FieldModel]:
    """Return a field of the study, its task and its law."""
    case = CASES[name]
    return case, tasks.make(case.task, num_pixels=num_pixels), case.model(num_pixels)


def train_points(name: str, seed: int, settings: PointSettings, *, resume: Resume | None = None) -> Points:
    """Train at the first point, and on from there at the mean estimate of targets, as often as the settings say.

    Parameters
    ----------
    name
        A key of `cases.CASES`.
    seed
        Integer seed.
    settings
        Budget.
    resume
        Where trainings keep their state.

    Returns
    -------
    Points
    """
    case, task, field = make_case(name, settings.num_pixels)
    key = stage_key(seed, "imnn", name, "points")
    target_key, key = jax.random.split(key)
    truth = np.asarray(case.target, np.float32)
    theta = jnp.tile(truth, (settings.num_targets, 1))
    targets = valid_simulations(target_key, task, theta)
    point, compressor = np.asarray(case.start, np.float32), None
    rows, curves, estimates = [], [], []
    for stage in range(settings.num_retrainings + 1):
        train_key, fresh_key = jax.random.split(jax.random.fold_in(key, stage))
        part = resume and resume.part(f"stage_{stage}", point.tolist())
        compressor, history = train_at(train_key, task, point, settings.network, start=compressor, resume=part)
        curves.append(history.assign(stage=stage))
        functions = {NETWORK: summary_of(compressor), EXACT: field.score_at(point)}
        measured = {
            kind: measure(fresh_key, function, task, point, settings.num_fresh) for kind, function in functions.items()
        }
        labels = {"stage": stage, "first": float(point[0]), "second": float(point[1])}
        rows += [labels | row for row in _information(measured, field, point)]
        own = {kind: ScoreEstimate(functions[kind], point, one.fisher) for kind, one in measured.items()}
        found = {kind: one.estimates(one.white(targets.x)) for kind, one in own.items()}
        estimates += [{"stage": stage, **row} for row in _estimates(found, truth, task)]
        point = step_towards(task.prior, point, found[NETWORK].mean(axis=0))
    training, history = settings.network.compressor, pd.concat(curves, ignore_index=True)
    num_steps = int(history.groupby("stage")["step"].max().sum())
    num_solved = training.num_simulations if training.num_solved is None else training.num_solved
    num_others = (training.num_validation + num_solved + settings.num_fresh) * (settings.num_retrainings + 1)
    return Points(
        compressor,
        own[NETWORK],
        pd.DataFrame(rows),
        history,
        pd.DataFrame(estimates),
        settings.num_targets + num_others + training.batch_size * num_steps,
    )


def valid_simulations(key: RandomKey, task: Task, theta: Float[ArrayLike, "n p"]) -> Simulations:
    """Return a simulation at each of many parameters.

    Raises
    ------
    ValueError
        Where one is invalid: over these priors none may be.
    """
    made = simulate(key, task, len(theta), theta=jnp.asarray(theta))
    if invalid := int(np.sum(np.asarray(made.num_invalid) > 0)):
        raise ValueError(f"{invalid} of {len(theta)} simulations of task {task.name} are invalid; none may be")
    return made


def step_towards(prior: ProductPrior, point: Float[ArrayLike, " p"], estimate: Float[ArrayLike, " p"]) -> np.ndarray:
    """Return the estimate; where it is beyond a bound of the prior, or nearly, the step is halved until it is not.

    An estimate is one step of Newton's method, which overshoots where the information changes on the way.
    """
    low, high = np.asarray(prior.low, np.float64), np.asarray(prior.high, np.float64)
    margin, point = MARGIN * (high - low), np.asarray(point, np.float64)
    step = np.asarray(estimate, np.float64) - point
    if not (np.isfinite(step).all() and ((point > low + margin) & (point < high - margin)).all()):
        raise ValueError(
            f"no step from {point.tolist()} to the estimate {np.asarray(estimate).tolist()}: the first must lie within"
            f" the prior, {MARGIN:g} of its width from the bounds, and the second be finite"
        )
    while not ((point + step > low + margin) & (point + step < high - margin)).all():
        step = step / 2
    return (point + step).astype(np.float32)


def _information(measured: Mapping[str, Measured], field: FieldModel, point: np.ndarray) -> list[dict[str, Any]]:
    exact = float(np.linalg.slogdet(np.asarray(fisher_information(field, point), np.float64))[1])
    rows = []
    for kind, one in measured.items():
        less = measured[EXACT].log_det.less(one.log_det)
        row = {"summary": kind, "exact": exact, "ln_det_fisher": one.log_det.value, "error": one.log_det.error}
        rows.append(row | {"lost": less.value / 2, "lost_error": less.error / 2})
    return rows


def _estimates(found: Mapping[str, np.ndarray], truth: np.ndarray, task: Task) -> list[dict[str, Any]]:
    return [
        {"summary": kind, "target": t, "parameter": name, "truth": float(truth[p]), "estimate": float(values[t, p])}
        for kind, values in found.items()
        for t in range(len(values))
        for p, name in enumerate(task.parameter_names)
    ]


def exact_summary(field: FieldModel, theta: Float[ArrayLike, " p"]) -> ScoreEstimate:
    """Return estimates from the exact score at a point, whose information is known."""
    information = np.asarray(fisher_information(field, theta), np.float64)
    fisher = Moments(information, information, information, np.zeros(len(information)))
    return ScoreEstimate(field.score_at(theta), np.asarray(theta), fisher)


def save_summary(path: io.PathLike, points: Points, attrs: Mapping[str, Any]) -> None:
    """Write the last network with its point and what its information was measured to be."""
    fisher = {name: np.asarray(value).tolist() for name, value in points.last.fisher._asdict().items()}
    own = {"theta": points.last.theta.tolist(), "fisher": fisher}
    save_compressors(path, [points.compressor], {**attrs, **own})


def load_summary(path: io.PathLike) -> ScoreEstimate:
    """Read what `save_summary` has written."""
    settings = io.read_json(Path(path).with_suffix(".json"))
    fisher = Moments(**{name: np.array(value) for name, value in settings["fisher"].items()})
    compressor = load_compressors(path, channels=pixels)[0]
    return ScoreEstimate(summary_of(compressor), np.asarray(settings["theta"], np.float32), fisher)
