"""Neural likelihood estimation: a conditional flow q(summary | u), whose posterior Markov chains sample."""

import dataclasses
import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import pandas as pd

from fullfield.flows import ConditionalFlow
from fullfield.inference import markov, training
from fullfield.inference.estimator import Trained, make_flow, save
from fullfield.inference.method import Draws, Method, Simulations, register
from fullfield.inference.preparation import Rows, standardised
from fullfield.inference.training import EstimatorSettings
from fullfield.resume import Resume
from fullfield.types import Array, ArrayLike, Float, Params, RandomKey, RandomKeys


@dataclasses.dataclass(frozen=True)
class NLEstimator(Trained):
    """Likelihoods q_k(summary | u), one for each seed k; see `Trained`."""

    @property
    def flow(self) -> ConditionalFlow:
        """The flow that every seed shares."""
        return make_flow(self.num_summaries, self.num_parameters, self.settings)


def fit(
    keys: RandomKeys, simulations: Simulations, settings: EstimatorSettings, *, resume: Resume | None = None
) -> tuple[NLEstimator, pd.DataFrame]:
    r"""Maximise the expected log density of each summary given the parameters that made it.

    .. math:: \min_\varphi \; -E_{p(u) p(s \mid u)} \log q_\varphi(s \mid u)

    whose minimum is the likelihood p(s | u), whatever u was drawn from (Papamakarios et al. 2019, arXiv:1805.07226).
    Parameters, returns and errors are those of `training.fit`; learning curves are -E log q(s | u) in nats.
    """
    flow = make_flow(simulations.summary.shape[-1], simulations.u.shape[1], settings)

    def loss(weights: Params, rows: Rows) -> Array:
        return -jax.vmap(functools.partial(flow.log_prob, weights))(rows.summary, rows.u).mean()

    def log_density(weights: Params, u: Array, summary: Array) -> Array:
        return flow.log_prob(weights, summary, u)

    model = training.Model(flow.init, loss, log_density, "summary")
    params, history = training.fit(keys, simulations, settings, model, resume=resume)
    return NLEstimator(params, settings), history


def log_likelihood(
    estimator: NLEstimator, u: Float[ArrayLike, " parameter"], summary: Float[ArrayLike, " summary"]
) -> Float[Array, " seed"]:
    """Return log q(summary | u) of every seed at one point, in nats."""
    values = jax.vmap(functools.partial(_log_prob, estimator.flow), (0, None, None))(estimator.params, u, summary)
    return values - jnp.log(estimator.params["standardisation"]["summary_scale"]).sum(-1)


def sample(
    keys: RandomKey | RandomKeys,
    estimator: NLEstimator,
    summaries: Float[ArrayLike, "*num summary"],
    num_draws: int,
    transform: Callable[[Array], Array] = lambda u: u,
) -> Draws:
    """Draw from N(u; 0, I) q_k(summary | u) of every seed k; see `markov.sample`."""
    return markov.sample(keys, estimator, _log_prob, estimator.flow, summaries, num_draws, transform)


def _log_prob(flow: ConditionalFlow, params: Params, u: Array, summary: Array) -> Array:
    """Return log q of a standardised summary, of one seed."""
    rows = standardised(params["standardisation"], u, summary)
    return flow.log_prob(params["weights"], rows.summary, rows.u)


@register
def nle() -> Method:
    """Neural likelihood estimation: Markov chains over the posterior of a learned likelihood."""
    return Method(EstimatorSettings.from_budget, fit, sample, save, NLEstimator.load)
