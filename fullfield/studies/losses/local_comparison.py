"""What an amortised posterior lacks of the full field's: the summary's part, and the estimator's."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield.compress.compressor import Compressor
from fullfield.inference.method import Estimator, Method, Simulations
from fullfield.metrics.constraints import figure_of_merit, standard_error
from fullfield.pipeline import estimation
from fullfield.pipeline.map_features import NUM_FEATURE_GRADIENTS
from fullfield.pipeline.setup import Lensing
from fullfield.pipeline.summaries import summarise_all
from fullfield.resume import Resume
from fullfield.studies.losses.entropies import posterior_entropies
from fullfield.studies.losses.judgement import classify
from fullfield.studies.losses.local import LocalSettings, draw_within, features_at, fit_largest, region_around
from fullfield.studies.losses.map_information import Entropies
from fullfield.studies.losses.tables import PLANES
from fullfield.types import Array, Float, RandomKey


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
    amortised: Posterior, local: Posterior, truth: Truth, setup: Lensing, settings: LocalSettings
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
    setup
        The lensing task.
    settings
        Rows and seed of the classifiers.

    Returns
    -------
    dict
        ``lost_low``, ``lost_high``, ``summary_low``, ``summary_high`` (from the bound of the entropy, and from its
        estimate), ``estimator`` with ``estimator_error``, ``divergence`` with ``divergence_error``, in nats; of both
        posteriors the figure of merit in the first plane, ``percent_...`` of the full field's, and ``c2st_...``.
    """
    prior, names = setup.task.prior, setup.task.parameter_names
    posteriors = {"amortised": amortised, "local": local}
    u = prior.to_unconstrained(jnp.asarray(truth.theta))
    flat = u.reshape(-1, u.shape[-1])
    log_q = {name: _values(one, flat).reshape(u.shape[:2]) for name, one in posteriors.items()}
    own = prior.to_unconstrained(jnp.asarray(local.theta))
    divergence = _values(local, own) - _values(amortised, own)
    gained = log_q["local"] - log_q["amortised"]
    entropy = {"low": float(truth.entropy.bound[0]), "high": float(truth.entropy.estimate[0])}
    found = {f"lost_{side}": -value - log_q["amortised"].mean() for side, value in entropy.items()}
    found |= {f"summary_{side}": -value - log_q["local"].mean() for side, value in entropy.items()}
    found |= {"estimator": gained.mean(), "estimator_error": standard_error(gained)}
    found |= {"divergence": divergence.mean(), "divergence_error": standard_error(divergence)}
    full = figure_of_merit(truth.theta, names, PLANES[:1])["figure_of_merit"][0]
    for name, posterior in posteriors.items():
        percent = 100.0 * figure_of_merit(posterior.theta, names, PLANES[:1])["figure_of_merit"][0] / full
        found[f"percent_{name}"] = percent
        found[f"c2st_{name}"] = classify(posterior.theta, truth.theta, settings.num_rows, settings.seed).accuracy
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
    settings: LocalSettings,
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
        draws outside it; ``simulations``, ``gradients``, ``num_discarded``; the width that was taken, whether a wider
        one gained no more (``is_saturated``), and ``validation_<width>`` of all.

    Raises
    ------
    ValueError
        Where there are fewer than three chains, the region has hardly any prior mass, or too many simulations are
        invalid.
    """
    prior = setup.task.prior
    draw_key, feature_key, fit_key, sample_key, entropy_key = jax.random.split(key, 5)
    u_reference = np.asarray(prior.to_unconstrained(jnp.asarray(reference)))
    # First what may refuse the chains, before the simulations are made.
    truth = Truth(reference, posterior_entropies(entropy_key, u_reference[None]))
    region = region_around(prior.to_unconstrained(jnp.asarray(amortised.theta)))
    rng = np.random.default_rng(np.asarray(jax.random.key_data(draw_key)))
    u, share = draw_within(rng, region, settings.num_simulations)
    made = features_at(feature_key, setup, amortised.features, u, resume=resume)
    compressor, method = amortised.compressor.with_features(None), amortised.method
    simulations = Simulations(made.u, summarise_all(compressor, made.features))
    fitted = fit_largest(fit_key, method, simulations, settings, resume=resume)
    summary = summarise_all(compressor, observed[None])
    (theta,) = estimation.sample_many(sample_key, method, fitted.estimator, prior, summary, len(amortised.theta)).theta
    row = compare(
        _posterior(method, amortised.estimator, summary[0], amortised.theta),
        _posterior(method, fitted.estimator, summary[0], theta),
        truth,
        setup,
        settings,
    )
    facts = {
        "share": share,
        "outside": 1.0 - region.contains(u_reference.reshape(-1, u.shape[1])).mean(),
        "simulations": len(u),
        "gradients": len(u) * NUM_FEATURE_GRADIENTS.get(amortised.features, 0),
        "num_discarded": made.num_discarded,
        "num_hidden": fitted.num_hidden,
        "is_saturated": fitted.is_saturated,
    }
    widths = {f"validation_{width}": loss for width, loss in fitted.losses.items()}
    return pd.DataFrame([row | facts | widths])


def _posterior(method: Method, estimator: Estimator, summary: np.ndarray, theta: np.ndarray) -> Posterior:
    return Posterior(lambda u: method.log_prob(estimator, u, jnp.asarray(summary)), theta)
