"""Draws by Markov chains from posteriors known up to a constant, of a log likelihood and the standard normal prior."""

import functools
from collections.abc import Callable, Hashable

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

from fullfield.inference.estimator import Trained
from fullfield.inference.method import Draws
from fullfield.samplers.pooled_hmc import PooledHMC, sample_pooled
from fullfield.types import Array, ArrayLike, Float, Params, RandomKey, RandomKeys

LogLikelihood = Callable[[Hashable, Params, Array, Array], Array]
NUM_CHAINS = 4
SPACING = 3
"""Steps between draws that are handed out: few are a state that a rejection has repeated."""
BATCH = 32
"""Observations whose chains advance together."""
MIN_STEPS = 250
"""Of each chain, however few draws are asked for: what convergence is judged on."""


def sample(
    keys: RandomKey | RandomKeys,
    estimator: Trained,
    log_likelihood: LogLikelihood,
    model: Hashable,
    summaries: Float[ArrayLike, "*num summary"],
    num_draws: int,
    transform: Callable[[Array], Array] = lambda u: u,
) -> Draws:
    """Draw from N(u; 0, I) exp(log_likelihood) of every seed; see `method.Method.sample`.

    Parameters
    ----------
    keys
        One typed key per observation.
    estimator
        A trained estimator.
    log_likelihood
        (model, params of one seed, u, summary) -> log likelihood of one point up to a constant; a function of a module,
        as programs are kept by it.
    model
        What the seeds share: a flow, or settings.
    summaries
        One summary, or one per observation.
    num_draws
        Draws per observation and seed, evenly spaced along all its chains.
    transform
        What to make of the u (seed, draw, parameter) of an observation.

    Returns
    -------
    Draws
        With the convergence of every observation, seed and parameter.
    """
    steps = max(MIN_STEPS, SPACING * -(-num_draws // NUM_CHAINS))
    settings = PooledHMC(NUM_CHAINS, num_draws=steps)
    places = np.linspace(0, NUM_CHAINS * steps - 1, num_draws).round().astype(int)
    single = jnp.ndim(summaries) == 1
    summaries, keys = (jnp.asarray(summaries)[None], keys[None]) if single else (jnp.asarray(summaries), keys)

    u = _chains(keys, estimator.params, summaries, log_likelihood, model, settings)
    flat = u.reshape(*u.shape[:2], -1, u.shape[-1])[:, :, places]
    values = jax.lax.map(transform, flat)
    return Draws(values[0] if single else values, convergence(np.asarray(u)))


@functools.partial(jax.jit, static_argnames=("log_likelihood", "model", "settings"))
def _chains(
    keys: RandomKeys,
    params: Params,
    summaries: Float[Array, "observation summary"],
    log_likelihood: LogLikelihood,
    model: Hashable,
    settings: PooledHMC,
) -> Float[Array, "observation seed chain draw parameter"]:
    num_seeds, num_parameters = params["standardisation"]["u_mean"].shape

    def of_seed(key, params, summary):
        target = functools.partial(log_likelihood, model, params)
        return sample_pooled(key, lambda u: target(u, summary), num_parameters, settings).draws

    def one(pair):
        key, summary = pair
        return jax.vmap(of_seed, (0, 0, None))(jax.random.split(key, num_seeds), params, summary)

    return jax.lax.map(one, (keys, summaries), batch_size=BATCH)


def convergence(u: Float[np.ndarray, "observation seed chain draw parameter"]) -> pd.DataFrame:
    """Return split R-hat and effective sample size: columns observation, seed, parameter, rhat, ess."""
    chains = np.moveaxis(np.asarray(u, np.float64), (2, 3), (0, 1))
    places = np.indices(chains.shape[2:])
    columns = {name: place.ravel() for name, place in zip(("observation", "seed", "parameter"), places, strict=True)}
    # A chain that never moves has 0 / 0, which no gate lets pass.
    with np.errstate(invalid="ignore", divide="ignore"):
        rhat, ess = split_gelman_rubin(chains), effective_sample_size(chains)
    return pd.DataFrame(columns | {"rhat": rhat.ravel(), "ess": ess.ravel()})
