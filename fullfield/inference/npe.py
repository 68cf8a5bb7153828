"""Neural posterior estimation: a conditional flow q(u | summary), several seeds trained in one job."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield import train
from fullfield.compilation import jit_once
from fullfield.flows import ConditionalFlow
from fullfield.inference.estimator import (
    NPESettings,
    NPEstimator,
    column_moments,
    ensemble_log_prob,
    load,
    log_prob,
    make_flow,
    sample,
    save,
    standardised_log_prob,
)
from fullfield.inference.method import Method, Simulations, register_with_density
from fullfield.resume import Resume
from fullfield.types import ArrayLike, RandomKeys

__all__ = ["NPESettings", "NPEstimator", "ensemble_log_prob", "fit", "load", "log_prob", "sample", "save"]


def fit(
    keys: RandomKeys,
    simulations: Simulations,
    settings: NPESettings,
    *,
    resume: Resume | None = None,
) -> tuple[NPEstimator, pd.DataFrame]:
    r"""Maximise the expected log density of the parameters that made each summary.

    .. math:: \min_\varphi \; -E_{p(u) p(s \mid u)} \log q_\varphi(u \mid s)

    whose minimum is the posterior p(u | s) of the prior that u was drawn from (Papamakarios & Murray 2016,
    arXiv:1605.06376).

    Parameters
    ----------
    keys
        One typed key per seed: its initial weights, its split into training and validation, its batches.
    simulations
        Parameters and summaries.
    settings
        Flow, batches and training.
    resume
        Where to keep the state while fitting.

    Returns
    -------
    NPEstimator
        Averaged weights of the best round of each seed.
    pandas.DataFrame
        Learning curves: seed, step, training, validation; -E log q(u | s) in nats.

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
    flow = make_flow(u.shape[1], summary.shape[-1], settings)
    order = jax.vmap(lambda key: jax.random.permutation(key, len(u)))(split_keys)
    moments = [{**column_moments("u", u), **column_moments("summary", one)} for one in each]
    standardisation = jax.tree.map(lambda *leaves: jnp.stack(leaves), *moments)
    own = 0 if summary.ndim == 3 else None
    data = {
        "u": jnp.asarray(u, jnp.float32),
        "summary": jnp.asarray(summary, jnp.float32),
        "standardisation": standardisation,
        "training": order[:, :num_training],
        "validation": order[:, num_training:],
    }
    result = train.fit(
        fit_keys,
        jit_once(jax.vmap(flow.init))(init_keys),
        *_losses(flow, settings.batch_size),
        data,
        settings.fit,
        data_axes={"u": None, "summary": own, "standardisation": 0, "training": 0, "validation": 0},
        resume=resume,
    )
    return NPEstimator({"flow": result.params, "standardisation": standardisation}, settings), result.history


def _check(u: ArrayLike, summary: ArrayLike, settings: NPESettings) -> int:
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


def _losses(flow: ConditionalFlow, batch_size: int) -> tuple[Any, Any]:
    """Return the stochastic training loss and the validation loss, -mean log q(u | s)."""

    def mean_loss(params, data, rows):
        point = functools.partial(standardised_log_prob, flow, params, data["standardisation"])
        return -jax.vmap(point)(data["u"][rows], data["summary"][rows]).mean()

    def loss(params, key, data):
        return mean_loss(params, data, jax.random.choice(key, data["training"], (batch_size,)))

    def validation_loss(params, data):
        return mean_loss(params, data, data["validation"])

    return loss, validation_loss


@register_with_density
def npe() -> Method:
    """Neural posterior estimation: independent draws from a normalised density."""
    return Method(NPESettings.from_budget, fit, sample, save, load, ensemble_log_prob)
