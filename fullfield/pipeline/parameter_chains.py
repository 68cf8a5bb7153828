"""Chains over the parameters alone, for likelihoods without latents, and files of chains of any kind."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fullfield import io
from fullfield.compilation import jit_once
from fullfield.samplers import Chains, ChainSettings, NUTSSettings, Plan, nuts, run_chains
from fullfield.tasks import Task
from fullfield.types import Array, ArrayLike, Float, RandomKey

MAX_STARTS = 10


@dataclasses.dataclass(frozen=True)
class ParameterChains:
    """Budget of chains over the parameters alone, and what they must reach.

    Attributes
    ----------
    chains
        Numbers of chains and steps.
    max_rhat
        Largest R-hat that is allowed.
    min_ess
        Smallest effective sample size, bulk or tail, that is allowed.
    """

    chains: ChainSettings
    max_rhat: float
    min_ess: float

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "ParameterChains":
        """Return the settings that the block ``parameter_chains`` of the configuration holds."""
        return cls(ChainSettings.from_budget(budget), float(budget["max_rhat"]), float(budget["min_ess"]))

    def require_converged(self, draws: Float[ArrayLike, "chain draw p"], what: str) -> None:
        """Refuse chains over the parameters that have not converged.

        Raises
        ------
        ValueError
            Where an R-hat is too large or an effective sample size too small.
        """
        import arviz  # two seconds that jobs without such chains should not pay

        dataset = arviz.convert_to_dataset({"u": np.asarray(draws, np.float64)})
        rhat = float(arviz.rhat(dataset)["u"].max())
        ess = min(float(arviz.ess(dataset, method=method)["u"].min()) for method in ("bulk", "tail"))
        if not (rhat <= self.max_rhat and ess >= self.min_ess):
            raise ValueError(
                f"the chains of the {what} posterior have not converged: largest R-hat {rhat:.3f} (allowed:"
                f" {self.max_rhat:g}), smallest ESS {ess:.0f} (needed: {self.min_ess:g}); does the likelihood fit the"
                " observation?"
            )


def finite_starts(
    key: RandomKey, draw: Callable[[RandomKey], Any], log_density: Callable[[Any], Array]
) -> dict[str, Array] | Array:
    """Draw starting points, anew where there is no density: over-dispersed ones may leave the model's domain.

    Parameters
    ----------
    key
        A typed key.
    draw
        key -> starting points of all chains, a pytree with a leading chain axis.
    log_density
        Starting points -> log density of each.

    Returns
    -------
    pytree
        Starting points with a finite density.

    Raises
    ------
    ValueError
        Where some chain finds none in ten attempts.
    """
    starts = draw(key)
    for attempt in range(1, MAX_STARTS + 1):
        values = np.asarray(log_density(starts))
        finite = np.isfinite(values)
        if finite.all():
            return starts

        def replace(old, new, finite=finite):
            return jnp.where(finite.reshape(-1, *(1,) * (old.ndim - 1)), old, new)

        starts = jax.tree.map(replace, starts, draw(jax.random.fold_in(key, attempt)))
    bad = values[~finite]
    raise ValueError(
        f"the log density is not finite at {len(bad)} of {len(values)} starting points (such as {bad[0]}), drawn"
        f" {MAX_STARTS} times: do the data hold NaN, or lie far outside the model?"
    )


def sample_parameters(
    key: RandomKey,
    log_likelihood: Callable[[Array, Array], Array],
    num_parameters: int,
    data: Float[Array, "chain ..."],
    settings: ChainSettings,
) -> Chains:
    """Sample N(u; 0, I) exp(log_likelihood(u, data)) with NUTS from starts drawn from the prior.

    Parameters
    ----------
    key
        A typed key.
    log_likelihood
        (u, one datum) -> log likelihood.
    num_parameters
        Length of u.
    data
        One datum for each chain.
    settings
        Numbers of steps; there are as many chains as data.

    Returns
    -------
    Chains
        ``draws`` are u, (chain, draw, p).

    Raises
    ------
    ValueError
        Where the likelihood is not finite at starting points.
    """
    start_key, chain_key = jax.random.split(key)

    def log_density(u, data):
        return log_likelihood(u, data) - jnp.sum(u**2) / 2

    values = jit_once(jax.vmap(log_density))
    starts = finite_starts(
        start_key, lambda key: jax.random.normal(key, (len(data), num_parameters)), lambda u: values(u, data)
    )
    kernel = nuts(log_density, NUTSSettings(settings.num_warmup, mass="dense"))
    plan = Plan(settings.num_warmup, settings.num_draws, collect=lambda u, data: u, chunk=100)
    return run_chains(chain_key, kernel, starts, plan, data=data)


def save_chains(path: str | Path, chains: Chains, draws: ArrayLike, task: Task, attrs: dict[str, Any]) -> None:
    """Write draws of theta with per-draw statistics and the cost of the whole run, warm-up included."""
    kept = {
        "num_steps": chains.info.num_gradients,
        "acceptance_rate": chains.info.acceptance,
        "diverging": chains.info.diverging,
        "energy": chains.info.energy,
        "step_size": chains.info.step_size,
    }
    stats = {name: np.asarray(value)[:, chains.num_warmup :] for name, value in kept.items()}
    warmup = chains.gradients_spent()[:, chains.num_warmup - 1].tolist()
    io.save_samples(path, np.asarray(draws), task.parameter_names, stats, {**attrs, "warmup_gradients": warmup})
