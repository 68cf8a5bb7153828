"""Explicit posteriors of many mock observations at draws of the prior."""

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.metrics.chains import ConvergenceError, gate, summarise
from fullfield.pipeline.gaussian_posterior import Whitening
from fullfield.pipeline.problem import Lensing
from fullfield.pipeline.reference import SAMPLERS, Target, sample_reference
from fullfield.pipeline.setup import gaussian_field_of
from fullfield.resume import Resume
from fullfield.samplers import ChainSettings
from fullfield.tasks import simulate
from fullfield.types import Bool, Float, RandomKey

logger = logging.getLogger(__name__)

ROUNDS = 3
"""Further sets of chains for observations whose chains do not pass the gate, each as long as the first."""
FURTHER = 4
"""Of the keys of these sets: beyond those that a set of chains splits off its own."""
PARTS = 100
"""Of the keys of parts, beyond those."""


class Gate(NamedTuple):
    """What the chains of an observation must reach in every parameter."""

    max_rhat: float
    min_ess: float

    def is_passed(self, draws: Float[np.ndarray, "chain draw p"]) -> bool:
        """Return whether chains of unconstrained parameters pass."""
        if not np.isfinite(draws).all():
            return False
        table = summarise(draws, [str(index) for index in range(draws.shape[-1])])
        try:
            gate(table, max_rhat=self.max_rhat, min_ess=self.min_ess)
        except ConvergenceError:
            return False
        return True


@dataclasses.dataclass(frozen=True)
class MockSettings:
    """Budget of explicit posteriors of mock observations.

    Attributes
    ----------
    num_observations
        Mock observations; invalid ones among them are left out.
    chains
        Budget of the chains of each.
    gate
        What chains must pass, or get further ones; None where all are taken as they are.
    sampler
        A key of `reference.SAMPLERS`. The observations are the same for all; the random numbers of the chains are not.
    part, num_parts
        Which of the observations, one in `num_parts`, for jobs that share them.
    """

    num_observations: int
    chains: ChainSettings
    gate: Gate | None = None
    sampler: str = "split_hmc"
    part: int = 0
    num_parts: int = 1

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any], sampler: str = "split_hmc", part: int = 0) -> "MockSettings":
        """Return the settings that a block of the configuration holds, of one of its ``num_parts``."""
        gate = Gate(budget["max_rhat"], budget["min_ess"]) if "min_ess" in budget else None
        chains = ChainSettings.from_budget(budget)
        return cls(budget["num_observations"], chains, gate, sampler, part, budget.get("num_parts", 1))


class MockPosteriors(NamedTuple):
    """Mock observations at draws of the prior, with their chains."""

    theta: np.ndarray
    """(observation, p) truths."""
    x: np.ndarray
    """(observation, ...) data."""
    draws: np.ndarray
    """(observation, chain, draw, p) theta."""
    estimates: np.ndarray
    """(observation, p) most probable u under the Gaussian-field likelihood."""
    passed: np.ndarray
    """(observation,) whether the chains pass the gate; true without one."""
    num_discarded: int
    """Simulations left out as invalid, of all parts."""
    num_gradients: int


def mock_posteriors(
    key: RandomKey, setup: Lensing, settings: MockSettings, *, resume: Resume | None = None
) -> MockPosteriors:
    """Sample the posteriors of mock observations at draws of the prior, all chains in one compiled program.

    Parameters are whitened by the Gaussian-field estimate of each observation, a few iterations in place of a chain:
    it decides how fast the chains are, not where they go. Observations whose chains do not pass the gate get further
    chains, which are judged with those that they have: to leave out the slow ones would select observations.

    Parameters
    ----------
    key
        A typed key.
    setup
        The lensing task.
    settings
        Numbers of observations, chains and steps, and the sampler.
    resume
        As in `samplers.run_chains`.

    Returns
    -------
    MockPosteriors
    """
    simulation_key, chain_key = jax.random.split(key)
    chain_key = jax.random.fold_in(chain_key, list(SAMPLERS).index(settings.sampler))
    simulations = simulate(simulation_key, setup.task, settings.num_observations)
    valid = np.asarray(simulations.num_invalid) == 0
    own = np.flatnonzero(valid)[settings.part :: settings.num_parts]
    if settings.num_parts > 1:
        chain_key = jax.random.fold_in(chain_key, PARTS + settings.part)
    x, theta = simulations.x[own], np.asarray(simulations.theta)[own]
    estimate = jax.jit(lambda x: jax.lax.map(gaussian_field_of(setup).estimate, x))(x)
    factor = np.linalg.cholesky(np.linalg.inv(np.asarray(estimate.precision, np.float64))).astype(np.float32)
    whitening = Whitening(np.asarray(estimate.u), factor)
    target = Target(setup.task, x, whitening)
    draws, num_gradients = _sample(chain_key, target, settings, resume)
    pooled = list(draws)
    passed = _passed(setup, settings.gate, pooled)
    for again in range(ROUNDS):
        slow = np.flatnonzero(~passed)
        if not len(slow):
            break
        logger.info("chains of %d of %d observations do not pass: further ones, as long", len(slow), len(x))
        part = resume and resume.part(f"further_{again}", slow.tolist())
        still = Target(setup.task, x[slow], Whitening(whitening.mean[slow], whitening.factor[slow]))
        made, more_gradients = _sample(jax.random.fold_in(chain_key, FURTHER + again), still, settings, part)
        for place, chains in zip(slow, made, strict=True):
            pooled[place] = np.concatenate([pooled[place], chains])
        num_gradients += more_gradients
        passed[slow] = _passed(setup, settings.gate, [pooled[place] for place in slow])
    draws = np.stack([_thinned(one, settings.chains.num_chains) for one in pooled])
    return MockPosteriors(theta, np.asarray(x), draws, whitening.mean, passed, int(np.sum(~valid)), num_gradients)


def _sample(
    key: RandomKey, target: Target, settings: MockSettings, resume: Resume | None
) -> tuple[Float[np.ndarray, "observation chain draw p"], int]:
    budget = settings.chains
    chains = sample_reference(key, target, budget, sampler=settings.sampler, resume=resume)
    draws = np.array(chains.draws).reshape(len(target.x), budget.num_chains, budget.num_draws, -1)
    return draws, chains.num_gradients


def _passed(setup: Lensing, gate: Gate | None, draws: Sequence[np.ndarray]) -> Bool[np.ndarray, " observation"]:
    if gate is None:
        return np.ones(len(draws), bool)
    to_u = setup.task.prior.to_unconstrained
    return np.array([gate.is_passed(np.asarray(to_u(jnp.asarray(one)), np.float64)) for one in draws])


def _thinned(chains: Float[np.ndarray, "all_chains draw p"], num_chains: int) -> Float[np.ndarray, "num_chains draw p"]:
    """Return `num_chains` chains as long as those of one set: the c-th of every set, one after another, thinned."""
    num_sets = len(chains) // num_chains
    sets = chains.reshape(num_sets, num_chains, *chains.shape[1:]).swapaxes(0, 1)
    return sets.reshape(num_chains, -1, chains.shape[-1])[:, num_sets - 1 :: num_sets]
