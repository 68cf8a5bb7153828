"""A trained posterior estimator: several conditional densities q(u | summary) with their standardisation."""

import dataclasses
import functools
import math
import os
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fullfield import io, train
from fullfield.flows import ConditionalFlow
from fullfield.inference.method import Draws
from fullfield.types import Array, ArrayLike, Float, Params, RandomKey, RandomKeys


@dataclasses.dataclass(frozen=True)
class NPESettings:
    """Settings of the posterior estimator.

    Attributes
    ----------
    fit
        Budget, schedule and stopping rule.
    num_layers, num_hidden
        Size of the flow.
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
    def from_budget(cls, budget: Mapping[str, Any]) -> "NPESettings":
        """Return the settings that the block ``estimator`` of the configuration holds."""
        names = {field.name for field in dataclasses.fields(cls)} & set(budget)
        return cls(fit=train.FitSettings.from_budget(budget), **{name: budget[name] for name in names})


@dataclasses.dataclass(frozen=True)
class NPEstimator:
    """A trained posterior estimator: one conditional density per seed.

    Attributes
    ----------
    params
        ``flow`` (weights) and ``standardisation`` (means and scales, not trained), all with a leading seed axis.
    settings
        What it was trained with.
    """

    params: Params
    settings: NPESettings

    @property
    def num_seeds(self) -> int:
        """Number of independently trained densities."""
        return self.params["standardisation"]["u_mean"].shape[0]

    def select(self, seeds: slice) -> "NPEstimator":
        """Return the estimator of some of the seeds."""
        return NPEstimator(jax.tree.map(lambda leaf: leaf[seeds], self.params), self.settings)

    @property
    def num_parameters(self) -> int:
        """Length of u."""
        return self.params["standardisation"]["u_mean"].shape[1]

    @property
    def flow(self) -> ConditionalFlow:
        """The flow that every seed shares."""
        num_summaries = self.params["standardisation"]["summary_mean"].shape[1]
        return make_flow(self.num_parameters, num_summaries, self.settings)


def log_prob(
    estimator: NPEstimator, u: Float[ArrayLike, "*batch parameter"], summary: Float[ArrayLike, "*#batch summary"]
) -> Float[Array, " seed *batch"]:
    """Return log q(u | summary) of every seed, in nats.

    Parameters
    ----------
    estimator
        A trained estimator.
    u
        Unconstrained parameters.
    summary
        One summary for all, or one for each u.

    Returns
    -------
    Float[Array, " seed *batch"]
        Normalised log densities.
    """
    batch = u.shape[:-1]
    summary = jnp.broadcast_to(summary, (*batch, summary.shape[-1])).reshape(-1, summary.shape[-1])
    values = _log_prob_rows(estimator.flow, estimator.params, jnp.reshape(u, (-1, u.shape[-1])), summary)
    return values.reshape(-1, *batch)


def ensemble_log_prob(
    estimator: NPEstimator, u: Float[ArrayLike, "*batch parameter"], summary: Float[ArrayLike, "*#batch summary"]
) -> Float[Array, "*batch"]:
    r"""Return the log density of the equal mixture of the seeds, log mean_k q_k(u | summary); see `log_prob`."""
    return jax.nn.logsumexp(log_prob(estimator, u, summary), axis=0) - math.log(estimator.num_seeds)


def sample(
    keys: RandomKey | RandomKeys,
    estimator: NPEstimator,
    summaries: Float[ArrayLike, "*num summary"],
    num_draws: int,
    transform: Callable[[Array], Array] = lambda u: u,
) -> Draws:
    """Return independent draws u ~ q_k(. | summary) of every seed k; all together are draws of the equal mixture.

    Parameters
    ----------
    keys
        One typed key per observation.
    estimator
        A trained estimator.
    summaries
        One summary, or one per observation.
    num_draws
        Draws per observation and seed.
    transform
        What to make of the u (seed, draw, parameter) of an observation.

    Returns
    -------
    Draws
        With a leading axis of observations where there are several; they are made one at a time.
    """

    def one(key, summary):
        own = jax.random.split(key, (estimator.num_seeds, num_draws))
        return transform(_sample_rows(own, estimator.flow, estimator.params, summary))

    summaries = jnp.asarray(summaries)
    if summaries.ndim == 1:
        return Draws(one(keys, summaries))
    return Draws(jax.jit(lambda pairs: jax.lax.map(lambda pair: one(*pair), pairs))((keys, summaries)))


def save(path: str | os.PathLike, estimator: NPEstimator, attrs: dict[str, Any] | None = None) -> None:
    """Write the weights as safetensors and, as JSON beside them, the settings and `attrs` (scale, seed, cost, ...)."""
    io.save_params(path, estimator.params, {**(attrs or {}), "estimator": dataclasses.asdict(estimator.settings)})


def load(path: str | os.PathLike) -> NPEstimator:
    """Read an estimator written by `save`."""
    params, attrs = io.load_params(path)
    settings = attrs["estimator"]
    return NPEstimator(params, NPESettings(**{**settings, "fit": train.FitSettings(**settings["fit"])}))


def make_flow(num_parameters: int, num_summaries: int, settings: NPESettings) -> ConditionalFlow:
    """Return the flow over u given a summary."""
    return ConditionalFlow(num_parameters, num_summaries, settings.num_layers, settings.num_hidden)


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


def standardised_log_prob(
    flow: ConditionalFlow,
    weights: Params,
    moments: dict[str, Array],
    u: Float[Array, " parameter"],
    summary: Float[Array, " summary"],
) -> Float[Array, ""]:
    r"""Return the density of one u from that of its standardised value.

    .. math:: \log q(u \mid s) = \log q_y((u - m_u) / \sigma_u \mid (s - m_s) / \sigma_s) - \sum \log \sigma_u
    """
    y = (u - moments["u_mean"]) / moments["u_scale"]
    condition = (summary - moments["summary_mean"]) / moments["summary_scale"]
    return flow.log_prob(weights, y, condition) - jnp.log(moments["u_scale"]).sum()


@functools.partial(jax.jit, static_argnames="flow")
def _log_prob_rows(flow: ConditionalFlow, params: Params, u: Array, summary: Array) -> Array:
    def one_seed(params):
        point = functools.partial(standardised_log_prob, flow, params["flow"], params["standardisation"])
        return jax.vmap(point)(u, summary)

    return jax.vmap(one_seed)(params)


@functools.partial(jax.jit, static_argnames="flow")
def _sample_rows(keys: Array, flow: ConditionalFlow, params: Params, summary: Array) -> Array:
    def one_seed(keys, params):
        moments = params["standardisation"]
        condition = (summary - moments["summary_mean"]) / moments["summary_scale"]
        y = jax.vmap(lambda key: flow.sample(key, params["flow"], condition))(keys)
        return moments["u_mean"] + moments["u_scale"] * y

    return jax.vmap(one_seed)(keys, params)
