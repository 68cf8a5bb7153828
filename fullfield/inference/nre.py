"""Neural ratio estimation: a classifier learns log p(summary | u) up to a function of the summary; chains sample it."""

import dataclasses
import functools
from collections.abc import Callable

import haiku as hk
import jax
import jax.numpy as jnp
import pandas as pd

from fullfield.inference import markov, training
from fullfield.inference.estimator import Trained, save
from fullfield.inference.method import Draws, Method, Simulations, register
from fullfield.inference.preparation import Rows, standardised
from fullfield.inference.training import EstimatorSettings
from fullfield.resume import Resume
from fullfield.types import Array, ArrayLike, Float, Params, RandomKey, RandomKeys

NUM_CONTRASTS = 8
"""Wrong parameters that each summary is shown with."""


@dataclasses.dataclass(frozen=True)
class NREstimator(Trained):
    """Log ratios r_k(u, summary), one for each seed k; see `Trained`."""


def fit(
    keys: RandomKeys, simulations: Simulations, settings: EstimatorSettings, *, resume: Resume | None = None
) -> tuple[NREstimator, pd.DataFrame]:
    r"""Tell the parameters that made a summary from those of other simulations.

    .. math:: \min_\varphi \; -E \log \frac{e^{r_\varphi(u_0, s)}}{\sum_{k=0}^{K} e^{r_\varphi(u_k, s)}}

    with s simulated at u_0 and the other u_k drawn from the prior. Its minimum is r = log p(s | u) up to a function of
    s (contrastive ratio estimation, Durkan et al. 2020, arXiv:2002.03712), which no posterior depends on. The u_k are
    those of the batch, K cyclic shifts of it. Parameters, returns and errors are those of `training.fit`; learning
    curves are the cross-entropy in nats, log(K + 1) for a classifier that knows nothing.
    """
    network = _network(settings)
    inputs = jnp.zeros(simulations.u.shape[1] + simulations.summary.shape[-1])

    def ratio_of(weights: Params, u: Array, summary: Array) -> Array:
        return network.apply(weights, jnp.concatenate([u, summary]))

    def loss(weights: Params, rows: Rows) -> Array:
        ratio = jax.vmap(functools.partial(ratio_of, weights))
        shifts = range(min(NUM_CONTRASTS, len(rows.u) - 1) + 1)
        logits = jnp.stack([ratio(jnp.roll(rows.u, shift, axis=0), rows.summary) for shift in shifts])
        return -jax.nn.log_softmax(logits, axis=0)[0].mean()

    model = training.Model(lambda key: network.init(key, inputs), loss, ratio_of)
    params, history = training.fit(keys, simulations, settings, model, resume=resume)
    return NREstimator(params, settings), history


def log_ratio(
    estimator: NREstimator, u: Float[ArrayLike, " parameter"], summary: Float[ArrayLike, " summary"]
) -> Float[Array, " seed"]:
    """Return log p(s | u) of every seed at one point, in nats, up to a function of s."""
    one_seed = functools.partial(_log_ratio, estimator.settings)
    return jax.vmap(one_seed, (0, None, None))(estimator.params, u, summary)


def sample(
    keys: RandomKey | RandomKeys,
    estimator: NREstimator,
    summaries: Float[ArrayLike, "*num summary"],
    num_draws: int,
    transform: Callable[[Array], Array] = lambda u: u,
) -> Draws:
    """Draw from N(u; 0, I) exp(r_k(u, summary)) of every seed k; see `markov.sample`."""
    return markov.sample(keys, estimator, _log_ratio, estimator.settings, summaries, num_draws, transform)


def _network(settings: EstimatorSettings) -> hk.Transformed:
    def network(inputs: Float[Array, " input"]) -> Float[Array, ""]:
        sizes = [settings.num_hidden] * settings.num_layers
        hidden = hk.nets.MLP(sizes, activation=jax.nn.silu, activate_final=True, name="hidden")
        return hk.Linear(1, w_init=hk.initializers.VarianceScaling(1e-3), name="last")(hidden(inputs))[0]

    return hk.without_apply_rng(hk.transform(network))


def _log_ratio(settings: EstimatorSettings, params: Params, u: Array, summary: Array) -> Array:
    rows = standardised(params["standardisation"], u, summary)
    return _network(settings).apply(params["weights"], jnp.concatenate([rows.u, rows.summary]))


@register
def nre() -> Method:
    """Neural ratio estimation: Markov chains over the posterior of a learned ratio."""
    return Method(EstimatorSettings.from_budget, fit, sample, save, NREstimator.load)
