"""How every method is trained: standardised simulations, a split of its own for each seed, the one training loop."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield import train
from fullfield.compilation import jit_once
from fullfield.inference.method import Simulations
from fullfield.resume import Resume
from fullfield.types import Array, ArrayLike, Float, Params, RandomKey, RandomKeys


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
    """

    fit: train.FitSettings
    num_layers: int = 5
    num_hidden: int = 64
    batch_size: int = 256
    validation_fraction: float = 0.1

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "EstimatorSettings":
        """Return the settings that the block ``estimator`` of the configuration holds."""
        names = {field.name for field in dataclasses.fields(cls)} & set(budget)
        return cls(fit=train.FitSettings.from_budget(budget), **{name: budget[name] for name in names})


class Rows(NamedTuple):
    """Standardised simulations: of mean 0 and variance 1 in every column."""

    u: Float[Array, "*row parameter"]
    summary: Float[Array, "*row summary"]


class Model(NamedTuple):
    """What is trained, on standardised rows."""

    init: Callable[[RandomKey], Params]
    """key -> fresh weights."""
    loss: Callable[[Params, Rows], Array]
    """(weights, rows) -> mean loss over a batch."""
    unit: str | None = None
    """Name of the part whose density the loss is, ``u`` or ``summary``: its scale is taken out of the learning curves,
    which are then in nats of what was given."""


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
        Parameters and summaries.
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
        Learning curves: seed, step, training, validation.

    Raises
    ------
    ValueError
        Where rows differ in number, are not finite, are constant in a column, or are too few for a batch.
    TrainingError
        Where training diverges.
    """
    u, summary = simulations
    each = np.broadcast_to(summary, (len(keys), *summary.shape[-2:]))
    num_training = _check(u, each, settings)
    init_keys, split_keys, fit_keys = jax.vmap(lambda key: jax.random.split(key, 3), out_axes=1)(keys)
    order = jax.vmap(lambda key: jax.random.permutation(key, len(u)))(split_keys)
    moments = [{**column_moments("u", u), **column_moments("summary", one)} for one in each]
    standardisation = jax.tree.map(lambda *leaves: jnp.stack(leaves), *moments)
    data = {
        "u": jnp.asarray(u, jnp.float32),
        "summary": jnp.asarray(summary, jnp.float32),
        "standardisation": standardisation,
        "training": order[:, :num_training],
        "validation": order[:, num_training:],
    }
    result = train.fit(
        fit_keys,
        jit_once(jax.vmap(model.init))(init_keys),
        *_losses(model, settings.batch_size),
        data,
        settings.fit,
        data_axes={
            "u": None,
            "summary": 0 if summary.ndim == 3 else None,
            "standardisation": 0,
            "training": 0,
            "validation": 0,
        },
        resume=resume,
    )
    return {"weights": result.params, "standardisation": standardisation}, result.history


def standardised(moments: dict[str, Array], u: Array, summary: Array) -> Rows:
    """Return rows in the units that networks see."""
    return Rows(
        (u - moments["u_mean"]) / moments["u_scale"],
        (summary - moments["summary_mean"]) / moments["summary_scale"],
    )


def column_moments(name: str, values: Float[ArrayLike, "simulation column"]) -> dict[str, Array]:
    """Return mean and standard deviation of each column, as ``<name>_mean`` and ``<name>_scale``.

    Raises
    ------
    ValueError
        Where a column is constant.
    """
    values = np.asarray(values, np.float64)
    mean, scale = values.mean(axis=0), values.std(axis=0)
    if constant := np.flatnonzero(scale <= 1e-7 * np.abs(mean)).tolist():
        raise ValueError(f"columns {constant} of {name} are constant; leave them out")
    return {f"{name}_mean": jnp.asarray(mean, jnp.float32), f"{name}_scale": jnp.asarray(scale, jnp.float32)}


def _losses(model: Model, batch_size: int) -> tuple[Callable, Callable]:
    """Return the stochastic training loss and the validation loss."""

    def mean_loss(params, data, rows):
        moments = data["standardisation"]
        batch = standardised(moments, data["u"][rows], data["summary"][rows])
        scale = jnp.log(moments[f"{model.unit}_scale"]).sum() if model.unit else 0.0
        return model.loss(params, batch) + scale

    def loss(params, key, data):
        return mean_loss(params, data, jax.random.choice(key, data["training"], (batch_size,)))

    def validation_loss(params, data):
        return mean_loss(params, data, data["validation"])

    return loss, validation_loss


def _check(u: ArrayLike, summary: ArrayLike, settings: EstimatorSettings) -> int:
    """Stop on data that cannot be trained on; return the number of training rows."""
    if len(u) != summary.shape[1]:
        raise ValueError(f"u has {len(u)} rows and summary has {summary.shape[1]}; they must be the same simulations")
    for name, values in (("u", u), *(("summary", one) for one in summary)):
        if bad := int((~np.isfinite(np.asarray(values)).all(axis=1)).sum()):
            raise ValueError(f"{name} has {bad} rows of {len(values)} that are not finite; remove and count them first")
    if not 0 < settings.validation_fraction < 1:
        raise ValueError(f"validation_fraction must lie between 0 and 1, got {settings.validation_fraction}")
    num_training = len(u) - math.ceil(settings.validation_fraction * len(u))
    if num_training < settings.batch_size:
        raise ValueError(
            f"{len(u)} simulations leave {num_training} to train on, fewer than batch_size = {settings.batch_size}"
        )
    return num_training
