"""The reference posterior: HMC over parameters and latents, with its cost and its diagnosis."""

import dataclasses
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fullfield import io
from fullfield.samplers import Chains, NUTSSettings, nuts, run_chains
from fullfield.tasks import Task
from fullfield.tasks.task import unconstrained_log_density
from fullfield.types import Array, ArrayLike, Float, RandomKey


@dataclasses.dataclass(frozen=True)
class ReferenceSettings:
    """Budget of the reference chains.

    Attributes
    ----------
    num_chains
        Independent chains, each from its own draw of the prior.
    num_warmup, num_draws
        Steps per chain before and after the first draw that counts.
    max_tree_depth
        At most 2^depth - 1 gradients per step.
    """

    num_chains: int
    num_warmup: int
    num_draws: int
    max_tree_depth: int = 6


def sample_reference(
    key: RandomKey,
    task: Task,
    x: Float[ArrayLike, "..."],
    settings: ReferenceSettings,
    *,
    checkpoint: str | Path | None = None,
    digest: str = "",
) -> Chains:
    """Sample p(theta, z | x) with NUTS in non-centred latents z and prior-whitened parameters u.

    The chains start from draws of the prior, over-dispersed with respect to the posterior and independent of the truth.

    Parameters
    ----------
    key
        A typed key.
    task
        A task with latents.
    x
        Observed data.
    settings
        Budget.
    checkpoint, digest
        As in `samplers.run_chains`.

    Returns
    -------
    Chains
        ``draws`` is theta, (chain, draw, p); ``info`` counts the gradients of every step, warm-up included.

    Raises
    ------
    ValueError
        Where the log density is not finite at a starting point.
    """
    start_key, chain_key = jax.random.split(key)
    x = jnp.asarray(x)
    log_density = unconstrained_log_density(task, x)
    starts = _prior_starts(start_key, task, settings.num_chains)
    values = np.asarray(jax.jit(jax.vmap(lambda start: log_density(**start)))(starts))
    if not np.isfinite(values).all():
        raise ValueError(f"the log density at the starting points is {values.tolist()}; finite numbers are needed")
    return run_chains(
        chain_key,
        nuts(log_density, NUTSSettings(settings.num_warmup, settings.max_tree_depth)),
        starts,
        num_warmup=settings.num_warmup,
        num_draws=settings.num_draws,
        collect=lambda state: task.prior.to_constrained(state.z["u"]),
        checkpoint=checkpoint,
        digest=digest,
    )


def _prior_starts(key: RandomKey, task: Task, num_chains: int) -> dict[str, Array]:
    u_key, w_key = jax.random.split(key)
    starts = {"u": jax.random.normal(u_key, (num_chains, task.num_parameters))}
    if task.latent_shape is not None:
        starts["w"] = jax.random.normal(w_key, (num_chains, *task.latent_shape))
    return starts


def save_reference(path: str | Path, chains: Chains, task: Task, attrs: dict[str, Any]) -> None:
    """Write the draws with per-draw statistics and the cost of the whole run, warm-up included."""
    kept = {
        "num_steps": chains.info.num_gradients,
        "acceptance_rate": chains.info.acceptance,
        "diverging": chains.info.diverging,
        "energy": chains.info.energy,
        "step_size": chains.info.step_size,
    }
    stats = {name: np.asarray(value)[:, chains.num_warmup :] for name, value in kept.items()}
    cost = {"simulations": 0, "gradients": chains.num_gradients, "warmup_gradients": _warmup_gradients(chains)}
    io.save_samples(path, np.asarray(chains.draws), task.parameter_names, stats, {**attrs, "cost": cost})


def _warmup_gradients(chains: Chains) -> int:
    return int(np.sum(chains.info.num_gradients[:, : chains.num_warmup]))
