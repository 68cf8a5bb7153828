"""What training sees of simulations: checked, split for each seed, standardised."""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.inference.method import Simulations
from fullfield.inference.scores import whitening_of
from fullfield.types import Array, ArrayLike, Float, Int, RandomKeys


class Rows(NamedTuple):
    """Standardised simulations: of mean 0 and variance 1 in every column."""

    u: Float[Array, "*row parameter"]
    summary: Float[Array, "*row summary"]


class Prepared(NamedTuple):
    """Arrays for the training loop."""

    shared: dict[str, Array]
    """``u``, and ``summary`` and ``score`` where they are the same for all seeds, in the units they were given in."""
    own: dict[str, Any]
    """With a leading axis of seeds: ``standardisation``, the moments of what the seed knows; ``training`` and
    ``validation``, its rows; ``whitening`` of its scores, in standardised units."""


class Split(NamedTuple):
    """How simulations are shared between training and validation."""

    validation_fraction: float
    batch_size: int
    """Simulations per step, of which there must be as many."""


def prepare(keys: RandomKeys, simulations: Simulations, split: Split, *, adds_prior: bool = False) -> Prepared:
    """Check simulations, split them and measure their moments, for every seed.

    Parameters
    ----------
    keys
        One typed key per seed, for its split.
    simulations
        Of whatever method.
    split
        Share kept for validation.
    adds_prior
        Whether scores are to be those of the posterior: the prior's, -u, is added.

    Raises
    ------
    ValueError
        Where rows differ in number, are not finite, are constant in a column, or are too few for a batch.
    """
    u, summary, score = simulations.u, simulations.summary, simulations.score
    each = np.broadcast_to(summary, (len(keys), *summary.shape[-2:]))
    _check(simulations, each)
    every = np.broadcast_to(np.arange(len(u)), (len(keys), len(u)))
    subsets = every if simulations.subsets is None else simulations.subsets
    order = jax.vmap(jax.random.permutation)(keys, jnp.asarray(subsets))
    parts = _parts(order, simulations.num_padded, split)
    moments = [
        {**column_moments("u", u[rows]), **column_moments("summary", one[rows])}
        for rows, one in zip(subsets, each, strict=True)
    ]
    own = {"standardisation": jax.tree.map(lambda *leaves: jnp.stack(leaves), *moments), **parts}
    shared = {"u": jnp.asarray(u, jnp.float32)}
    (own if summary.ndim == 3 else shared)["summary"] = jnp.asarray(summary, jnp.float32)
    if score is not None:
        score = np.asarray(score) - np.asarray(u) if adds_prior else np.asarray(score)
        scales = np.asarray(own["standardisation"]["u_scale"])
        known = zip(scales, np.asarray(parts["training"]), strict=True)
        own["whitening"] = jnp.stack([whitening_of(scale * score[rows]) for scale, rows in known])
        shared["score"] = jnp.asarray(score, jnp.float32)
    return Prepared(shared, own)


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


def _parts(order: Int[Array, "seed row"], num_padded: int, split: Split) -> dict[str, Int[Array, "seed part_row"]]:
    """Return the rows for training and for validation, each repeated in turn where that is asked for."""
    num_rows, (validation_fraction, batch_size) = order.shape[1], split
    if not 0 < validation_fraction < 1:
        raise ValueError(f"validation_fraction must lie between 0 and 1, got {validation_fraction}")
    num_training = num_rows - math.ceil(validation_fraction * num_rows)
    if max(num_training, num_padded) < batch_size:
        raise ValueError(
            f"{num_rows} simulations leave {num_training} to train on, fewer than batch_size = {batch_size}"
        )
    parts = {"training": order[:, :num_training], "validation": order[:, num_training:]}
    if not num_padded:
        return parts
    if num_padded < num_rows:
        raise ValueError(f"num_padded is {num_padded}; at least the {num_rows} simulations of a seed are needed, or 0")
    num_validation = math.ceil(validation_fraction * num_padded)
    lengths = {"training": num_padded - num_validation, "validation": num_validation}
    return {name: jnp.take(rows, jnp.arange(lengths[name]) % rows.shape[1], axis=1) for name, rows in parts.items()}


def _check(simulations: Simulations, each: Float[ArrayLike, "seed simulation summary"]) -> None:
    """Stop on data that cannot be trained on."""
    u, score = simulations.u, simulations.score
    if len(u) != each.shape[1]:
        raise ValueError(f"u has {len(u)} rows and summary has {each.shape[1]}; they must be the same simulations")
    if score is not None and score.shape != u.shape:
        raise ValueError(f"score has shape {score.shape}; it must be that of u, {u.shape}")
    given = [("u", u), *(("summary", one) for one in each), *([] if score is None else [("score", score)])]
    for name, values in given:
        if bad := int((~np.isfinite(np.asarray(values)).all(axis=1)).sum()):
            raise ValueError(f"{name} has {bad} rows of {len(values)} that are not finite; remove and count them first")
