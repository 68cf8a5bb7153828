"""The reference posterior: HMC over parameters and latents, with its cost and its diagnosis."""

import dataclasses
from collections.abc import Callable
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

APPROXIMATION_CHAINS = 4
APPROXIMATION_STEPS = 500
OVERDISPERSION = 2.0


@dataclasses.dataclass(frozen=True)
class ReferenceSettings:
    """Budget of the reference chains.

    Attributes
    ----------
    num_chains
        Independent chains, each from its own over-dispersed start.
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
    collect: Callable[[Array, Array], Any] | None = None,
    checkpoint: str | Path | None = None,
    digest: str = "",
) -> Chains:
    """Sample p(theta, z | x) with NUTS in whitened coordinates, an exact reparametrisation of the same posterior.

    The latents are in the task's own coordinates w, close to white noise for every theta; the parameters are
    u = m + S v, with m and S S^T mean and covariance of a cheap approximate posterior (for maps: that of a Gaussian
    field), so that the mass matrix is the identity and the warm-up has a step size to find. Chains start from
    v ~ N(0, 4 I), twice as wide as that approximation, and w ~ N(0, I): nothing about the truth enters.

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
    collect
        What to keep of each draw, a function of (u, w); theta if None.
    checkpoint, digest
        As in `samplers.run_chains`.

    Returns
    -------
    Chains
        ``draws`` is theta, (chain, draw, p), or what `collect` gives; ``info`` counts the gradients of every step,
        warm-up included.

    Raises
    ------
    ValueError
        Where the log density is not finite at a starting point.
    """
    approximation_key, start_key, chain_key = jax.random.split(key, 3)
    x = jnp.asarray(x)
    mean, factor = approximate_posterior(approximation_key, task, x)
    unconstrained = unconstrained_log_density(task, x)
    collect = collect or (lambda u, w: task.prior.to_constrained(u))

    def log_density(v, w):
        return unconstrained(mean + factor @ v, w)

    starts = _starts(start_key, task, settings.num_chains)
    values = np.asarray(jax.jit(jax.vmap(lambda start: log_density(**start)))(starts))
    if not np.isfinite(values).all():
        raise ValueError(f"the log density at the starting points is {values.tolist()}; finite numbers are needed")
    return run_chains(
        chain_key,
        nuts(log_density, NUTSSettings(settings.num_warmup, settings.max_tree_depth)),
        starts,
        num_warmup=settings.num_warmup,
        num_draws=settings.num_draws,
        collect=lambda state: collect(mean + factor @ state.z["v"], state.z["w"]),
        checkpoint=checkpoint,
        digest=digest,
    )


def approximate_posterior(key: RandomKey, task: Task, x: Array) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and Cholesky factor, in u, of the posterior under the task's cheap likelihood; (0, I) without one."""
    if task.approximation is None:
        return np.zeros(task.num_parameters, np.float32), np.eye(task.num_parameters, dtype=np.float32)
    likelihood = task.approximation(x)

    def log_density(u):
        return likelihood(task.prior.to_constrained(u)) - jnp.sum(u**2) / 2

    starts = {"u": 0.3 * jax.random.normal(key, (APPROXIMATION_CHAINS, task.num_parameters))}
    chains = run_chains(
        key,
        nuts(log_density, NUTSSettings(APPROXIMATION_STEPS, adapt_mass=True)),
        starts,
        num_warmup=APPROXIMATION_STEPS,
        num_draws=APPROXIMATION_STEPS,
        collect=lambda state: state.z["u"],
        chunk=100,
    )
    draws = np.asarray(chains.draws, np.float64).reshape(-1, task.num_parameters)
    factor = np.linalg.cholesky(np.cov(draws, rowvar=False))
    return draws.mean(0).astype(np.float32), factor.astype(np.float32)


def _starts(key: RandomKey, task: Task, num_chains: int) -> dict[str, Array]:
    v_key, w_key = jax.random.split(key)
    starts = {"v": OVERDISPERSION * jax.random.normal(v_key, (num_chains, task.num_parameters))}
    return starts | {"w": jax.random.normal(w_key, (num_chains, *task.latent_shape))}


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
