"""Train posterior estimators on compressed simulations and draw from them, by any method."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield.inference.method import Draws, Estimator, Method, Simulations
from fullfield.keys import stage_key
from fullfield.resume import Resume
from fullfield.tasks import ProductPrior

MAX_UNCONVERGED = 0.01
"""Share of many posteriors whose chains may miss a gate that is looser than that of one, as they are shorter:"""
LOOSE = {"max_rhat": 1.05, "min_ess": 100}


class Posterior(NamedTuple):
    """Draws of theta; none leaves the prior's support."""

    theta: np.ndarray
    """(seed, draw, p) at one observation, (observation, draw, p) at many."""
    convergence: pd.DataFrame | None
    """As in `inference.method.Draws`."""

    def require_converged(self, max_rhat: float, min_ess: float | int, share: float = 0.0) -> None:
        """Refuse draws of Markov chains that have not converged; independent draws pass.

        Parameters
        ----------
        max_rhat, min_ess
            Largest R-hat and smallest effective sample size that are allowed, of every parameter.
        share
            Of observations and seeds that may miss them: among thousands some do by chance.

        Raises
        ------
        ValueError
            With the number of chains that fail and the worst of them.
        """
        if self.convergence is None:
            return
        worst = self.convergence.groupby(["observation", "seed"]).agg({"rhat": "max", "ess": "min"})
        # A comparison with NaN is false, so an undefined value fails.
        failed = worst[~((worst["rhat"] <= max_rhat) & (worst["ess"] >= min_ess))]
        if len(failed) > share * len(worst):
            raise ValueError(
                f"the chains of {len(failed)} of {len(worst)} posteriors (observations times seeds) have not converged:"
                f" largest R-hat {worst['rhat'].max():.3f} (allowed: {max_rhat:g}), smallest ESS"
                f" {worst['ess'].min():.0f} (needed: {min_ess:g}); the method may not suit this posterior"
            )

    def attrs(self) -> dict[str, Any]:
        """Return the convergence, where there is one, as an attribute of a file."""
        return {} if self.convergence is None else {"convergence": self.convergence.to_dict("records")}


def train_estimator(
    method: Method,
    simulations: Simulations,
    name: str,
    seed: int,
    budget: dict[str, Any],
    *,
    resume: Resume | None = None,
) -> tuple[Estimator, pd.DataFrame]:
    """Fit a method to simulations, once per seed of the budget, all in one job.

    Parameters
    ----------
    method
        An inference method (`inference.method.find`).
    simulations
        Prior-whitened parameters (n, p) and summaries (n, num_summaries).
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
    root = stage_key(seed, "train_estimator", name)
    keys = jax.vmap(lambda index: jax.random.fold_in(root, index))(jnp.asarray(budget["seeds"]))
    return method.fit(keys, simulations, method.settings(budget), resume=resume)


def sample_posterior(
    key: jax.Array, method: Method, estimator: Estimator, prior: ProductPrior, summary: np.ndarray, num_draws: int
) -> Posterior:
    """Return `num_draws` of every seed at one summary."""
    return _posterior(method.sample(key, estimator, summary, num_draws, prior.to_constrained))


def sample_many(
    key: jax.Array, method: Method, estimator: Estimator, prior: ProductPrior, summaries: np.ndarray, num_draws: int
) -> Posterior:
    """Return `num_draws` at each of many summaries, from the equal mixture of the seeds."""
    keys = jax.vmap(lambda index: jax.random.fold_in(key, index))(jnp.arange(len(summaries)))

    def mixture(u):
        return prior.to_constrained(u).reshape(-1, u.shape[-1])[:num_draws]

    return _posterior(method.sample(keys, estimator, summaries, -(-num_draws // estimator.num_seeds), mixture))


def _posterior(draws: Draws) -> Posterior:
    return Posterior(np.asarray(draws.values), draws.convergence)
