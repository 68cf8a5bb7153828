"""Train posterior estimators on compressed simulations and draw from them."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield.inference import npe
from fullfield.keys import stage_key
from fullfield.resume import Resume
from fullfield.tasks import ProductPrior


def train_estimator(
    u: np.ndarray,
    summary: np.ndarray,
    name: str,
    seed: int,
    budget: dict[str, Any],
    *,
    resume: Resume | None = None,
) -> tuple[npe.NPEstimator, pd.DataFrame]:
    """Fit q(u | summary), one flow per seed of the budget, all in one job.

    Parameters
    ----------
    u, summary
        (n, p) prior-whitened parameters and (n, num_summaries) summaries of their simulations.
    name
        Name of the fit, for its random keys.
    seed
        Integer seed of the workflow.
    budget
        The ``estimator`` block of a scale in the configuration.
    resume
        As in `train.fit`.

    Returns
    -------
    tuple
        Estimator and learning curves.
    """
    settings = npe.NPESettings.from_budget(budget)
    root = stage_key(seed, "train_estimator", name)
    keys = jax.vmap(lambda index: jax.random.fold_in(root, index))(jnp.asarray(budget["seeds"]))
    return npe.fit(keys, u, summary, settings, resume=resume)


def sample_posterior(
    key: jax.Array, estimator: npe.NPEstimator, prior: ProductPrior, summary: np.ndarray, num_draws: int
) -> np.ndarray:
    """Return theta draws of shape (seed, draw, p) at one summary; none leaves the prior's support."""
    u = npe.sample(key, estimator, jnp.asarray(summary), num_draws)
    return np.asarray(prior.to_constrained(u))


def sample_many(
    key: jax.Array, estimator: npe.NPEstimator, prior: ProductPrior, summaries: np.ndarray, num_draws: int
) -> np.ndarray:
    """Return theta draws of shape (observation, draw, p) at many summaries, from the equal mixture of the seeds."""
    per_seed = -(-num_draws // estimator.num_seeds)

    def one(pair):
        index, summary = pair
        u = npe.sample(jax.random.fold_in(key, index), estimator, summary, per_seed)
        return prior.to_constrained(u).reshape(-1, u.shape[-1])[:num_draws]

    pairs = (jnp.arange(len(summaries)), jnp.asarray(summaries))
    return np.asarray(jax.jit(lambda pairs: jax.lax.map(one, pairs))(pairs))
