"""How every method is trained: standardised simulations, a split of its own for each seed, the one training loop."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield import train
from fullfield.compilation import jit_once
from fullfield.inference.method import Simulations
from fullfield.inference.preparation import Rows, Split, prepare, standardised
from fullfield.inference.scores import mismatch
from fullfield.resume import Resume
from fullfield.types import Array, Int, Params, RandomKey, RandomKeys


@dataclasses.dataclass(frozen=True)
class EstimatorSettings:
    """Settings of an estimator, of whatever method.

    Attributes
    ----------
    fit
        Budget, schedule and stopping rule.
    num_layers, num_hidden
        Size of the flow; of a classifier, whose hidden layers are `num_layers` in number.
    batch_size
        Simulations per step, drawn with replacement.
    validation_fraction
        Share of the simulations kept for validation; every seed has its own split.
    transform, num_components, structure
        Kind of flow; see `ConditionalFlow`.
    score_weights
        Weights of the score term (`scores`), used where simulations come with scores. Of several, every seed is trained
        with each, and keeps the one with the lowest validation loss, which has no such term.
    """

    fit: train.FitSettings
    num_layers: int = 5
    num_hidden: int = 64
    batch_size: int = 256
    validation_fraction: float = 0.1
    transform: str = "affine"
    num_components: int = 8
    structure: str = "coupling"
    score_weights: Sequence[float | int] = (1.0,)

    def __post_init__(self):
        # As a budget or a file has it, it is a list, by which no program can be kept.
        object.__setattr__(self, "score_weights", tuple(self.score_weights))

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "EstimatorSettings":
        """Return the settings that the block ``estimator`` of the configuration holds."""
        given = {field.name: budget[field.name] for field in dataclasses.fields(cls) if field.name in budget}
        return cls(fit=train.FitSettings.from_budget(budget), **given)


class Model(NamedTuple):
    """What is trained, on standardised rows."""

    init: Callable[[RandomKey], Params]
    """key -> fresh weights."""
    loss: Callable[[Params, Rows], Array]
    """(weights, rows) -> mean loss over a batch."""
    log_density: Callable[[Params, Array, Array], Array]
    """(weights, u, summary) of one row -> the log density whose gradient in u scores are estimates of."""
    unit: str | None = None
    """Name of the part whose density the loss is, ``u`` or ``summary``: its scale is taken out of the learning curves,
    which are then in nats of what was given."""
    is_posterior: bool = False
    """Whether `log_density` is that of u given the summary, whose score is the likelihood's and the prior's, -u."""


def fit(
    keys: RandomKeys,
    simulations: Simulations,
    settings: EstimatorSettings,
    model: Model,
    *,
    resume: Resume | None = None,
) -> tuple[Params, pd.DataFrame]:
    """Train one set of weights per key.

    Parameters
    ----------
    keys
        One typed key per seed: its initial weights, its split into training and validation, its batches.
    simulations
        Parameters and summaries, and scores where there are.
    settings
        Batches and training.
    model
        What is trained.
    resume
        Where to keep the state while fitting.

    Returns
    -------
    Params
        ``weights``, averaged, of the best round of each seed, and ``standardisation`` (means and scales, not trained),
        all with a leading seed axis.
    pandas.DataFrame
        Learning curves: seed, step, training, validation; with scores, those of training have their term.

    Raises
    ------
    ValueError
        Where rows differ in number, are not finite, are constant in a column, or are too few for a batch.
    TrainingError
        Where training diverges.
    """
    init_keys, split_keys, fit_keys = jax.vmap(lambda key: jax.random.split(key, 3), out_axes=1)(keys)
    given = Split(settings.validation_fraction, settings.batch_size)
    prepared = prepare(split_keys, simulations, given, adds_prior=model.is_posterior)
    score_weights = settings.score_weights if simulations.score is not None else (0.0,)
    lanes = jnp.repeat(jnp.arange(len(keys)), len(score_weights))
    own = jax.tree.map(lambda leaf: leaf[lanes], prepared.own)
    own["score_weight"] = jnp.tile(jnp.asarray(score_weights, jnp.float32), len(keys))
    objective = _Objective(model, settings.batch_size, simulations.score is not None)
    result = train.fit(
        fit_keys[lanes],
        jax.tree.map(lambda leaf: leaf[lanes], jit_once(jax.vmap(model.init))(init_keys)),
        train.Losses(objective.training, objective.validation),
        train.Inputs({**prepared.shared, **own}, dict.fromkeys(prepared.shared) | dict.fromkeys(own, 0)),
        settings.fit,
        resume=resume,
    )
    losses = result.best_loss.reshape(len(keys), len(score_weights))
    best = np.arange(len(keys)) * len(score_weights) + losses.argmin(axis=1)
    params = {"weights": result.params, "standardisation": own["standardisation"]}
    return jax.tree.map(lambda leaf: leaf[best], params), _of_lanes(result.history, best)


class _Objective(NamedTuple):
    """The losses of one seed."""

    model: Model
    batch_size: int
    has_scores: bool

    def training(self, params: Params, key: RandomKey, data: dict[str, Any]) -> Array:
        """Return the stochastic loss, with the score term."""
        rows = jax.random.choice(key, data["training"], (self.batch_size,))
        batch = standardised(data["standardisation"], data["u"][rows], data["summary"][rows])
        value = self._value(params, data, batch)
        if not self.has_scores:
            return value
        score = data["standardisation"]["u_scale"] * data["score"][rows]
        log_density = functools.partial(self.model.log_density, params)
        return value + data["score_weight"] * mismatch(log_density, *batch, score, data["whitening"])

    def validation(self, params: Params, data: dict[str, Any]) -> Array:
        """Return the loss over the rows kept for validation, without the score term: fits with any weight compare."""
        rows = data["validation"]
        batch = standardised(data["standardisation"], data["u"][rows], data["summary"][rows])
        return self._value(params, data, batch)

    def _value(self, params: Params, data: dict[str, Any], batch: Rows) -> Array:
        scale = jnp.log(data["standardisation"][f"{self.model.unit}_scale"]).sum() if self.model.unit else 0.0
        return self.model.loss(params, batch) + scale


def _of_lanes(history: pd.DataFrame, lanes: Int[np.ndarray, " seed"]) -> pd.DataFrame:
    """Return the learning curves of one lane of each seed."""
    chosen = [history[history["seed"] == lane].assign(seed=seed) for seed, lane in enumerate(lanes)]
    return pd.concat(chosen, ignore_index=True)
