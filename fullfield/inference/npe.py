"""Neural posterior estimation: a conditional flow q(u | summary), several seeds trained in one job."""

import dataclasses
import functools
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import pandas as pd

from fullfield.flows import ConditionalFlow
from fullfield.inference import training
from fullfield.inference.estimator import Trained, make_flow, save
from fullfield.inference.method import Draws, Method, Simulations, register_with_density
from fullfield.inference.preparation import Rows, standardised
from fullfield.inference.training import EstimatorSettings
from fullfield.resume import Resume
from fullfield.types import Array, ArrayLike, Float, Params, RandomKey, RandomKeys


@dataclasses.dataclass(frozen=True)
class NPEstimator(Trained):
    """Posterior densities q_k(u | summary), one for each seed k; see `Trained`."""

    @property
    def flow(self) -> ConditionalFlow:
        """The flow that every seed shares."""
        return make_flow(self.num_parameters, self.num_summaries, self.settings)


def fit(
    keys: RandomKeys, simulations: Simulations, settings: EstimatorSettings, *, resume: Resume | None = None
) -> tuple[NPEstimator, pd.DataFrame]:
    r"""Maximise the expected log density of the parameters that made each summary.

    .. math:: \min_\varphi \; -E_{p(u) p(s \mid u)} \log q_\varphi(u \mid s)

    whose minimum is the posterior p(u | s) of the prior that u was drawn from (Papamakarios & Murray 2016,
    arXiv:1605.06376). Parameters, returns and errors are those of `training.fit`; learning curves are
    -E log q(u | s) in nats.
    """
    flow = make_flow(simulations.u.shape[1], simulations.summary.shape[-1], settings)

    def loss(weights: Params, rows: Rows) -> Array:
        return -jax.vmap(functools.partial(flow.log_prob, weights))(rows.u, rows.summary).mean()

    model = training.Model(flow.init, loss, flow.log_prob, "u", is_posterior=True)
    params, history = training.fit(keys, simulations, settings, model, resume=resume)
    return NPEstimator(params, settings), history


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


@functools.partial(jax.jit, static_argnames="flow")
def _log_prob_rows(flow: ConditionalFlow, params: Params, u: Array, summary: Array) -> Array:
    def one_seed(params):
        moments = params["standardisation"]
        rows = standardised(moments, u, summary)
        return jax.vmap(functools.partial(flow.log_prob, params["weights"]))(*rows) - jnp.log(moments["u_scale"]).sum()

    return jax.vmap(one_seed)(params)


@functools.partial(jax.jit, static_argnames="flow")
def _sample_rows(keys: Array, flow: ConditionalFlow, params: Params, summary: Array) -> Array:
    def one_seed(keys, params):
        moments = params["standardisation"]
        condition = (summary - moments["summary_mean"]) / moments["summary_scale"]
        y = jax.vmap(lambda key: flow.sample(key, params["weights"], condition))(keys)
        return moments["u_mean"] + moments["u_scale"] * y

    return jax.vmap(one_seed)(keys, params)


@register_with_density
def npe() -> Method:
    """Neural posterior estimation: independent draws from a normalised density."""
    return Method(EstimatorSettings.from_budget, fit, sample, save, NPEstimator.load, ensemble_log_prob)
