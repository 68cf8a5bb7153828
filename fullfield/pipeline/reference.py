"""Explicit inference: chains over parameters and latents, in coordinates that make them nearly white noise."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fullfield.compilation import jit_once
from fullfield.pipeline.gaussian_posterior import Whitening
from fullfield.pipeline.parameter_chains import finite_starts
from fullfield.precision import full_precision
from fullfield.resume import Resume
from fullfield.samplers import (
    Chains,
    ChainSettings,
    MAMSSettings,
    NUTSSettings,
    Plan,
    SplitHMCSettings,
    mams,
    nuts,
    run_chains,
    split_hmc,
)
from fullfield.tasks import Task
from fullfield.tasks.task import to_latents, unconstrained_log_density
from fullfield.types import Array, ArrayLike, Float, LogDensity, RandomKey

OVERDISPERSION = 2.0
MAX_CHUNK_NUMBERS = 500_000
"""Latents times steps between two log lines and chances to checkpoint: seconds, whatever the size of the maps."""


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


class Draw(NamedTuple):
    """One draw, in the coordinates of the sampler."""

    u: Array
    latents: Array
    """w of a sampler that moves in whitened coordinates, else z."""
    x: Array


class Keep(NamedTuple):
    """What is kept of chains."""

    collect: Callable[[Draw], Any] | None = None
    """Of each draw; theta if None."""
    summarise: Callable[[Draw], Any] | None = None
    """Of some, what is too large to keep: its mean and variance, as in `samplers.Plan`."""


THETA = Keep()
"""The parameters alone."""


class Target(NamedTuple):
    """The posteriors p(theta, z | x) of one or several observations."""

    task: Task
    """A task with latents."""
    x: Float[ArrayLike, "observation ..."]
    """Observed data along the first axis."""
    whitening: Whitening
    """m and S of each observation."""


def sample_reference(
    key: RandomKey,
    target: Target,
    settings: ChainSettings,
    *,
    sampler: str = "split_hmc",
    keep: Keep = THETA,
    resume: Resume | None = None,
) -> Chains:
    """Sample p(theta, z | x) of one or several observations together.

    Whitened samplers move in (v, w), an exact reparametrisation of the same posterior: w are the task's own coordinates
    of the latents, close to white noise for every theta, and u = m + S v, with m and S S^T mean and covariance of a
    cheap approximate posterior (for maps: that of a Gaussian field). Chains start from v ~ N(0, 4 I), twice as wide as
    that approximation, and w ~ N(0, I): nothing about the truth enters. Samplers in plain coordinates start from
    points of the same law.

    Parameters
    ----------
    key
        A typed key.
    target
        Task, observations and their coordinates.
    settings
        Budget; chains of an observation start over-dispersed, each from a point of its own.
    sampler
        A key of `SAMPLERS`.
    keep
        What to keep of the draws; theta if it does not say.
    resume
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
    kernel, (task, x, whitening) = SAMPLERS[sampler], target
    start_key, chain_key = jax.random.split(key)
    data = {"x": jnp.asarray(x), "mean": jnp.asarray(whitening.mean), "factor": jnp.asarray(whitening.factor)}
    data = jax.tree.map(lambda leaf: jnp.repeat(leaf, settings.num_chains, axis=0), data)

    @full_precision
    def draw(position, data):
        if kernel.whitened:
            return Draw(data["mean"] + data["factor"] @ position["v"], position["w"], data["x"])
        return Draw(position["u"], position["z"], data["x"])

    def log_density(position, data):
        u, latents, x = draw(position, data)
        return unconstrained_log_density(task, x, whitened=kernel.whitened)(u, latents)

    collect = keep.collect or (lambda draw: task.prior.to_constrained(draw.u))
    values = jit_once(jax.vmap(log_density))
    starts = finite_starts(
        start_key, lambda key: _starts(key, task, data, kernel.whitened), lambda starts: values(starts, data)
    )
    plan = Plan(
        settings.num_warmup,
        settings.num_draws,
        collect=lambda position, data: collect(draw(position, data)),
        summarise=keep.summarise and (lambda position, data: keep.summarise(draw(position, data))),
        chunk=_chunk(task),
    )
    return run_chains(chain_key, kernel.build(log_density, settings.num_warmup), starts, plan, data=data, resume=resume)


def _chunk(task: Task) -> int:
    """Return a divisor of 25."""
    largest = MAX_CHUNK_NUMBERS // math.prod(task.latent_shape)
    return max((chunk for chunk in (5, 25) if chunk <= largest), default=1)


def _starts(key: RandomKey, task: Task, data: dict[str, Array], whitened: bool) -> dict[str, Array]:
    num_chains = len(data["x"])
    v_key, w_key = jax.random.split(key)
    v = OVERDISPERSION * jax.random.normal(v_key, (num_chains, task.num_parameters))
    w = jax.random.normal(w_key, (num_chains, *task.latent_shape))
    if whitened:
        return {"v": v, "w": w}

    @full_precision
    def plain(v, w, data):
        u = data["mean"] + data["factor"] @ v
        return {"u": u, "z": to_latents(task, data["x"])(task.prior.to_constrained(u), w)[0]}

    return jax.jit(jax.vmap(plain))(v, w, data)
