"""What an amortised posterior lacks of the full field's: the summary's part, and the estimator's."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield.compress.compressor import Compressor
from fullfield.inference.method import Estimator, Method
from fullfield.metrics import c2st
from fullfield.metrics.constraints import figure_of_merit, standard_error
from fullfield.pipeline import estimation
from fullfield.pipeline.setup import Lensing
from fullfield.pipeline.summaries import summarise_all
from fullfield.resume import Resume
from fullfield.studies.losses import local
from fullfield.studies.losses.entropies import posterior_entropies
from fullfield.studies.losses.map_information import Entropies
from fullfield.studies.losses.tables import PLANES
from fullfield.tasks import ProductPrior
from fullfield.types import Array, Float, RandomKey

MAX_ROWS = 2000
"""Of a side of the C2ST."""


class Posterior(NamedTuple):
    """A posterior with a normalised density, at the summary of one observation."""

    log_prob: Callable[[Array], Array]
    """u (draw, p) -> log q(u | s)."""
    theta: Float[np.ndarray, "draw p"]
    """Its draws."""


class Truth(NamedTuple):
    """The full field's posterior."""

    theta: Float[np.ndarray, "chain draw p"]
    entropy: Entropies
    """Of u, bound and estimate, one observation."""


def compare(
    amortised: Posterior, local: Posterior, truth: Truth, prior: ProductPrior, names: Sequence[str], *, seed: int
) -> dict[str, float]:
    r"""Split what the amortised posterior lacks of the full field's into the summary's part and the estimator's.

    .. math:: \mathrm{KL}(p(u \mid x) \Vert q) = \mathrm{KL}(p(u \mid x) \Vert p(u \mid s))
        + E_{p(u \mid x)} \log [p(u \mid s) / q(u \mid s)]

    with the local posterior in the place of p(u | s). For one observation the last term may have either sign; the
    estimator's own divergence KL(p(u | s) || q) may not.

    Parameters
    ----------
    amortised, local
        Posteriors of the same summary.
    truth
        Reference chains.
    prior
        The prior.
    names
        Parameter names.
    seed
        Integer seed of the classifiers.

    Returns
    -------
    dict
        ``lost_low``, ``lost_high``, ``summary_low``, ``summary_high`` (from the bound of the entropy, and from its
        estimate), ``estimator`` with ``estimator_error``, ``divergence`` with ``divergence_error``, in nats; of both
        posteriors the figure of merit in the first plane, ``percent_...`` of the full field's, and ``c2st_...``.
    """
    u = prior.to_unconstrained(jnp.asarray(truth.theta))
    flat = u.reshape(-1, u.shape[-1])
    log_q = {name: _values(one, flat).reshape(u.shape[:2]) for name, one in (("all", amortised), ("local", local))}
    own = prior.to_unconstrained(jnp.asarray(local.theta))
    divergence = _values(local, own) - _values(amortised, own)
    gained = log_q["local"] - log_q["all"]
    entropy = {"low": float(truth.entropy.bound[0]), "high": float(truth.entropy.estimate[0])}
    found = {f"lost_{side}": -value - log_q["all"].mean() for side, value in entropy.items()}
    found |= {f"summary_{side}": -value - log_q["local"].mean() for side, value in entropy.items()}
    found |= {"estimator": gained.mean(), "estimator_error": standard_error(gained)}
    found |= {"divergence": divergence.mean(), "divergence_error": standard_error(divergence)}
    full = figure_of_merit(truth.theta, names, PLANES[:1])["figure_of_merit"][0]
    rows = c2st.thin(truth.theta, min(c2st.rows_of_halves(truth.theta, MAX_ROWS), len(local.theta)))
    for name, posterior in (("amortised", amortised), ("local", local)):
        draws = posterior.theta
        found[f"percent_{name}"] = 100.0 * figure_of_merit(draws, names, PLANES[:1])["figure_of_merit"][0] / full
        found[f"c2st_{name}"] = c2st.c2st(draws[c2st.evenly(len(draws), len(rows))], rows, seed=seed).accuracy
    return {name: float(value) for name, value in found.items()}


def _values(posterior: Posterior, u: Array) -> np.ndarray:
    return np.asarray(posterior.log_prob(u), np.float64)


class Amortised(NamedTuple):
    """A trained summary and the estimator that serves it at every observation."""

    compressor: Compressor
    features: str
    """A key of `map_features.FEATURE_SETS`."""
    method: Method
    estimator: Estimator
    theta: Float[np.ndarray, "draw p"]
    """Draws of its posterior at the observation."""


def judge_locally(
    key: RandomKey,
    setup: Lensing,
    amortised: Amortised,
    observed: Float[np.ndarray, " entry"],
    reference: Float[np.ndarray, "chain draw p"],
    settings: local.LocalSettings,
    *,
    resume: Resume | None = None,
) -> pd.DataFrame:
    """Make the posterior of the summary anew from simulations near one observation, and compare (`compare`).

    Parameters
    ----------
    key
        A typed key.
    setup
        The lensing task.
    amortised
        Summary and estimator.
    observed
        The observation's features.
    reference
        Explicit chains of theta.
    settings
        Budget.
    resume
        Where to keep simulations and fits while they are made.

    Returns
    -------
    DataFrame
        One row: what `compare` returns; ``share``, of the prior's mass in the region, and ``outside``, of the reference
        draws outside it; ``simulations``, ``num_discarded``; the width that was taken, and ``validation_<width>`` of
        all.
    """
    prior, names = setup.task.prior, setup.task.parameter_names
    draw_key, feature_key, fit_key, sample_key, entropy_key = jax.random.split(key, 5)
    region = local.region_around(prior.to_unconstrained(jnp.asarray(amortised.theta)))
    rng = np.random.default_rng(np.asarray(jax.random.key_data(draw_key)))
    u, share = local.draw_within(rng, region, settings.num_simulations)
    made = local.features_at(feature_key, setup, amortised.features, u, resume=resume)
    compressor = amortised.compressor.with_features(None)
    simulations = local.summaries_of(compressor, made)
    fitted = local.fit_largest(fit_key, amortised.method, simulations, settings, resume=resume)
    (summary,) = summarise_all(compressor, observed[None])
    num_draws = len(amortised.theta)
    (theta,) = estimation.sample_many(
        sample_key, amortised.method, fitted.estimator, prior, summary[None], num_draws
    ).theta
    u_reference = np.asarray(prior.to_unconstrained(jnp.asarray(reference)))
    row = compare(
        _posterior(amortised.method, amortised.estimator, summary, amortised.theta),
        _posterior(amortised.method, fitted.estimator, summary, theta),
        Truth(reference, posterior_entropies(entropy_key, u_reference[None])),
        prior,
        names,
        seed=0,
    )
    outside = 1.0 - region.contains(u_reference.reshape(-1, u.shape[1])).mean()
    facts = {"share": share, "outside": outside, "simulations": len(u), "num_discarded": made.num_discarded}
    widths = {f"validation_{width}": loss for width, loss in fitted.losses.items()}
    return pd.DataFrame([row | facts | {"num_hidden": fitted.num_hidden} | widths])


def _posterior(method: Method, estimator: Estimator, summary: np.ndarray, theta: np.ndarray) -> Posterior:
    return Posterior(lambda u: method.log_prob(estimator, u, jnp.asarray(summary)), theta)
