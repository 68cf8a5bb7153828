"""Chains over the parameters alone, for likelihoods without latents, and files of chains of any kind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import arviz
import jax
import jax.numpy as jnp
import numpy as np

from fullfield import io
from fullfield.samplers import Chains, NUTSSettings, nuts, run_chains
from fullfield.tasks import Task
from fullfield.types import Array, ArrayLike, Float, RandomKey

NUM_CHAINS = 4
NUM_WARMUP = 300
NUM_DRAWS = 1000
MAX_STARTS = 10
MAX_RHAT, MIN_ESS = 1.02, 400


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
) -> Chains:
    """Sample N(u; 0, I) exp(log_likelihood(u, data)) with NUTS from starts drawn from the prior, one chain per datum.

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

    values = jax.jit(jax.vmap(log_density))
    starts = finite_starts(
        start_key, lambda key: jax.random.normal(key, (len(data), num_parameters)), lambda u: values(u, data)
    )
    return run_chains(
        chain_key,
        nuts(log_density, NUTSSettings(NUM_WARMUP, mass="dense")),
        starts,
        data,
        num_warmup=NUM_WARMUP,
        num_draws=NUM_DRAWS,
        collect=lambda u, data: u,
        chunk=100,
    )


def require_converged(draws: Float[ArrayLike, "chain draw p"], what: str) -> None:
    """Refuse chains over the parameters that have not converged.

    Raises
    ------
    ValueError
        Where an R-hat exceeds 1.02 or an effective sample size is below 400.
    """
    dataset = arviz.convert_to_dataset({"u": np.asarray(draws, np.float64)})
    rhat = float(arviz.rhat(dataset)["u"].max())
    ess = min(float(arviz.ess(dataset, method=method)["u"].min()) for method in ("bulk", "tail"))
    if not (rhat <= MAX_RHAT and ess >= MIN_ESS):
        raise ValueError(
            f"the chains of the {what} posterior have not converged: largest R-hat {rhat:.3f} (allowed: {MAX_RHAT}),"
            f" smallest ESS {ess:.0f} (needed: {MIN_ESS}); does the likelihood fit the observation?"
        )


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
