"""Hamiltonian Monte Carlo in a few dimensions: chains of one target that learn its scales from each other.

For densities that cost microseconds a point, and many observations: successive trajectories have the same lengths in
all chains, so that chains, and by `jax.vmap` observations, advance together.
"""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from numpyro.infer.hmc_util import dual_averaging

from fullfield.precision import full_precision
from fullfield.types import Array, Bool, Float, RandomKey

LEAPS = (3, 8, 5, 2, 7, 4, 6)
"""Leapfrog steps of successive trajectories: no period of a target is hit by all of them."""
TARGET_ACCEPTANCE = 0.8
FIRST_STEP_SIZE = 0.3
NUM_CANDIDATES = 1000
"""Points of the base measure that starts are chosen from."""
MIN_CANDIDATE_ESS = 50
"""Of the candidates that the first covariance is taken of, tempered until they are worth so many."""


@dataclasses.dataclass(frozen=True)
class PooledHMC:
    """Budget of the chains of one target.

    Attributes
    ----------
    num_chains
        Chains, at least two.
    num_windows, window
        Windows of the warm-up, and steps in each: the covariance of all chains over a window is the metric of the next.
    num_draws
        Steps of each chain that count.
    """

    num_chains: int = 4
    num_windows: int = 4
    window: int = 50
    num_draws: int = 500


class PooledChains(NamedTuple):
    """Draws after the warm-up, rejected states kept."""

    draws: Float[Array, "chain draw dimension"]
    acceptance: Float[Array, ""]


class _State(NamedTuple):
    key: RandomKey
    u: Float[Array, "chain dimension"]
    value: Float[Array, " chain"]
    slope: Float[Array, "chain dimension"]


@full_precision
def sample_pooled(
    key: RandomKey,
    log_likelihood: Callable[[Float[Array, " dimension"]], Float[Array, ""]],
    num_dimensions: int,
    settings: PooledHMC,
) -> PooledChains:
    r"""Sample p(u) \propto N(u; 0, I) exp(log_likelihood(u)).

    Starts are points of N(0, I) chosen with probability proportional to the likelihood; the metric is the covariance of
    all chains, the step size one for all chains by dual averaging of their mean acceptance, both fixed before the first
    draw that counts.

    Parameters
    ----------
    key
        A typed key.
    log_likelihood
        Of one u; -inf and NaN are never accepted.
    num_dimensions
        Length of u.
    settings
        Numbers of chains and steps.

    Returns
    -------
    PooledChains
    """
    target = jax.vmap(jax.value_and_grad(lambda u: log_likelihood(u) - jnp.sum(u**2) / 2))
    start_key, key = jax.random.split(key)
    starts, covariance = _starts(start_key, log_likelihood, num_dimensions, settings.num_chains)
    state = _State(key, starts, *target(starts))
    factor, size = jnp.linalg.cholesky(covariance), jnp.float32(FIRST_STEP_SIZE)
    for _ in range(settings.num_windows):
        state, draws, size = _adapt(target, state, factor, size, settings.window)
        factor = jnp.linalg.cholesky(_covariance(draws.reshape(-1, num_dimensions)))

    def keep(state, leaps):
        state, acceptance = _move(target, state, factor, size, leaps)
        return state, (state.u, acceptance.mean())

    # The metric has changed once more since the step size was found.
    state, _, size = _adapt(target, state, factor, size, settings.window)
    _, (draws, acceptance) = jax.lax.scan(keep, state, _schedule(settings.num_draws))
    return PooledChains(jnp.moveaxis(draws, 0, 1), acceptance.mean())


def _starts(key: RandomKey, log_likelihood: Callable, num_dimensions: int, num_chains: int) -> tuple[Array, Array]:
    """Return starts, and the covariance of candidates tempered until enough of them count."""
    candidate_key, choice_key = jax.random.split(key)
    candidates = jax.random.normal(candidate_key, (NUM_CANDIDATES, num_dimensions))
    values = jax.vmap(log_likelihood)(candidates)
    values = jnp.where(jnp.isfinite(values), values, -jnp.inf)
    chosen = jax.random.categorical(choice_key, values, shape=(num_chains,))

    def halve(_, bounds):
        low, high = bounds
        middle = (low + high) / 2
        enough = 1 / jnp.sum(jax.nn.softmax(middle * values) ** 2) > MIN_CANDIDATE_ESS
        return jnp.where(enough, middle, low), jnp.where(enough, high, middle)

    power, _ = jax.lax.fori_loop(0, 20, halve, (jnp.float32(0), jnp.float32(1)))
    weights = jax.nn.softmax(power * values)
    return candidates[chosen], _covariance(candidates, weights)


def _covariance(rows: Float[Array, "row dimension"], weights: Float[Array, " row"] | None = None) -> Array:
    """Return the covariance, regularised so that a few rows suffice."""
    weights = jnp.full(len(rows), 1 / len(rows)) if weights is None else weights
    residual = rows - weights @ rows
    covariance = (residual * weights[:, None]).T @ residual
    scale = jnp.diag(covariance) + 1e-10
    return 0.95 * covariance + 0.05 * jnp.diag(scale)


def _schedule(num_steps: int) -> Array:
    return jnp.resize(jnp.asarray(LEAPS, jnp.int32), (num_steps,))


def _adapt(target: Callable, state: _State, factor: Array, size: Array, num_steps: int) -> tuple[_State, Array, Array]:
    """Return the state after a window, all its draws, and the step size that it has found."""
    start, update = dual_averaging()

    def step(carry, leaps):
        state, averaging = carry
        state, acceptance = _move(target, state, factor, jnp.exp(averaging[0]), leaps)
        return (state, update(TARGET_ACCEPTANCE - acceptance.mean(), averaging)), state.u

    first = jnp.log(size)
    _, _, *rest, _ = start()
    begin = (first, first, *rest, first + jnp.log(10.0))
    (state, averaging), draws = jax.lax.scan(step, (state, begin), _schedule(num_steps))
    return state, draws, jnp.exp(averaging[1])


def _move(target: Callable, state: _State, factor: Array, size: Array, leaps: Array) -> tuple[_State, Array]:
    """Return the state after one trajectory of every chain, and its acceptance probability."""
    key, momentum_key, accept_key = jax.random.split(state.key, 3)
    momentum = jax.random.normal(momentum_key, state.u.shape)

    def leap(_, trajectory):
        u, momentum, _, slope = trajectory
        momentum += size / 2 * slope @ factor
        u += size * momentum @ factor.T
        value, slope = target(u)
        return u, momentum + size / 2 * slope @ factor, value, slope

    u, new_momentum, value, slope = jax.lax.fori_loop(0, leaps, leap, (state.u, momentum, state.value, state.slope))
    change = value - state.value - (jnp.sum(new_momentum**2, -1) - jnp.sum(momentum**2, -1)) / 2
    acceptance = jnp.where(jnp.isnan(change), 0.0, jnp.exp(jnp.minimum(change, 0.0)))
    accepted = jax.random.uniform(accept_key, acceptance.shape) < acceptance

    def choose(new: Array, old: Array) -> Array:
        return jnp.where(_like(accepted, new), new, old)

    return _State(key, choose(u, state.u), choose(value, state.value), choose(slope, state.slope)), acceptance


def _like(accepted: Bool[Array, " chain"], values: Array) -> Array:
    return accepted.reshape(-1, *(1,) * (values.ndim - 1))
