"""Explicit inference: chains over parameters and latents, in coordinates that make them nearly white noise."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fullfield import io
from fullfield.samplers import (
    Chains,
    MAMSSettings,
    NUTSSettings,
    SplitHMCSettings,
    mams,
    nuts,
    run_chains,
    split_hmc,
)
from fullfield.studies.gaussian_posterior import Whitening
from fullfield.tasks import Task
from fullfield.tasks.task import to_latents, unconstrained_log_density
from fullfield.types import Array, ArrayLike, Float, LogDensity, RandomKey

OVERDISPERSION = 2.0
MAX_STARTS = 10


@dataclasses.dataclass(frozen=True)
class Sampler:
    """A kernel and the coordinates it moves in.

    Attributes
    ----------
    build
        (log_density, num_warmup) -> (init, step).
    whitened
        Whether it moves in (v, w), theta and latents both whitened, or in (u, z), both white noise a priori.
    """

    build: Callable[[LogDensity, int], tuple[Callable[..., Any], Callable[..., Any]]]
    whitened: bool = True


SAMPLERS = {
    "split_hmc": Sampler(lambda density, num: split_hmc(density, SplitHMCSettings(num))),
    "split_hmc_half": Sampler(
        lambda density, num: split_hmc(density, SplitHMCSettings(num, step_scale=0.5, max_gradients=60))
    ),
    "mams": Sampler(lambda density, num: mams(density, MAMSSettings(num))),
    "nuts": Sampler(lambda density, num: nuts(density, NUTSSettings(num, max_tree_depth=5))),
    "nuts_published": Sampler(
        lambda density, num: nuts(density, NUTSSettings(num, max_tree_depth=6, mass="diagonal")), whitened=False
    ),
}
"""Samplers of the joint posterior: split HMC, the same with half the step, MAMS, NUTS, and NUTS as in 2409.17975."""


@dataclasses.dataclass(frozen=True)
class ChainSettings:
    """Budget of a set of chains.

    Attributes
    ----------
    num_chains
        Independent chains of each observation, each from its own over-dispersed start.
    num_warmup, num_draws
        Steps per chain before and after the first draw that counts.
    """

    num_chains: int
    num_warmup: int
    num_draws: int


class Draw(NamedTuple):
    """One draw, in the coordinates of the sampler."""

    u: Array
    latents: Array
    """w of a sampler that moves in whitened coordinates, else z."""
    x: Array


def sample_reference(
    key: RandomKey,
    task: Task,
    x: Float[ArrayLike, "observation ..."],
    whitening: Whitening,
    settings: ChainSettings,
    *,
    sampler: str = "split_hmc",
    collect: Callable[[Draw], Any] | None = None,
    summarise: Callable[[Draw], Any] | None = None,
    checkpoint: str | Path | None = None,
    digest: str = "",
) -> Chains:
    """Sample p(theta, z | x) of one or several observations together.

    Whitened samplers move in (v, w), an exact reparametrisation of the same posterior: w are the task's own coordinates
    of the latents, close to white noise for every theta, and u = m + S v, with m and S S^T mean and covariance of a
    cheap approximate posterior (for maps: that of a Gaussian field). Chains start from v ~ N(0, 4 I), twice as wide as
    that approximation, and w ~ N(0, I): nothing about the truth enters. Samplers in plain coordinates start from the
    same points.

    Parameters
    ----------
    key
        A typed key.
    task
        A task with latents.
    x
        Observed data, one or more, along the first axis.
    whitening
        m and S of each observation.
    settings
        Budget.
    sampler
        A key of `SAMPLERS`.
    collect
        What to keep of each draw; theta if None.
    summarise
        As in `samplers.run_chains`, of a draw.
    checkpoint, digest
        As in `samplers.run_chains`.

    Returns
    -------
    Chains
        Chains of the first observation first. ``draws`` is theta, (chain, draw, p), or what `collect` gives; ``info``
        counts the gradients of every step, warm-up included.

    Raises
    ------
    ValueError
        For an unknown sampler, and where the log density is not finite at starting points, drawn again a few times.
    """
    if sampler not in SAMPLERS:
        raise ValueError(f"sampler is {sampler!r}; allowed: {', '.join(SAMPLERS)}")
    kernel = SAMPLERS[sampler]
    start_key, chain_key = jax.random.split(key)
    data = {"x": jnp.asarray(x), "mean": jnp.asarray(whitening.mean), "factor": jnp.asarray(whitening.factor)}
    data = jax.tree.map(lambda leaf: jnp.repeat(leaf, settings.num_chains, axis=0), data)

    def draw(position, data):
        if kernel.whitened:
            return Draw(data["mean"] + data["factor"] @ position["v"], position["w"], data["x"])
        return Draw(position["u"], position["z"], data["x"])

    def log_density(position, data):
        u, latents, x = draw(position, data)
        return unconstrained_log_density(task, x, whitened=kernel.whitened)(u, latents)

    collect = collect or (lambda draw: task.prior.to_constrained(draw.u))
    starts = _finite_starts(start_key, task, data, kernel.whitened, jax.jit(jax.vmap(log_density)))
    return run_chains(
        chain_key,
        kernel.build(log_density, settings.num_warmup),
        starts,
        data,
        num_warmup=settings.num_warmup,
        num_draws=settings.num_draws,
        collect=lambda position, data: collect(draw(position, data)),
        summarise=summarise and (lambda position, data: summarise(draw(position, data))),
        checkpoint=checkpoint,
        digest=digest,
    )


def _finite_starts(
    key: RandomKey, task: Task, data: dict[str, Array], whitened: bool, log_density: Callable[..., Array]
) -> dict[str, Array]:
    """Draw starting points, anew where the model does not exist: over-dispersed ones may leave its domain."""
    starts = _starts(key, task, data, whitened)
    for attempt in range(1, MAX_STARTS + 1):
        values = np.asarray(log_density(starts, data))
        finite = np.isfinite(values)
        if finite.all():
            return starts
        fresh = _starts(jax.random.fold_in(key, attempt), task, data, whitened)
        starts = {
            name: jnp.where(finite.reshape(-1, *(1,) * (old.ndim - 1)), old, fresh[name])
            for name, old in starts.items()
        }
    bad = values[~finite]
    raise ValueError(
        f"the log density is not finite at {len(bad)} of {len(values)} starting points (such as {bad[0]}), drawn"
        f" {MAX_STARTS} times: do the data hold NaN, or lie far outside the model?"
    )


def _starts(key: RandomKey, task: Task, data: dict[str, Array], whitened: bool) -> dict[str, Array]:
    num_chains = len(data["x"])
    v_key, w_key = jax.random.split(key)
    v = OVERDISPERSION * jax.random.normal(v_key, (num_chains, task.num_parameters))
    w = jax.random.normal(w_key, (num_chains, *task.latent_shape))
    if whitened:
        return {"v": v, "w": w}

    def plain(v, w, data):
        u = data["mean"] + data["factor"] @ v
        return {"u": u, "z": to_latents(task, data["x"])(task.prior.to_constrained(u), w)[0]}

    return jax.jit(jax.vmap(plain))(v, w, data)


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
