"""Explicit posteriors of many mock observations at draws of the prior."""

import dataclasses
import logging
from collections.abc import Mapping
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

LONGER = 4
"""How many times as long warm-up and chains are of those that have not passed the gate; as many draws are kept."""


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
        What chains must pass, or be sampled anew and longer; None where all are taken as they are.
    sampler
        A key of `reference.SAMPLERS`. The observations are the same for all; the random numbers of the chains are not.
    """

    num_observations: int
    chains: ChainSettings
    gate: Gate | None = None
    sampler: str = "split_hmc"

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any], sampler: str = "split_hmc") -> "MockSettings":
        """Return the settings that a block of the configuration holds."""
        gate = Gate(budget["max_rhat"], budget["min_ess"]) if "min_ess" in budget else None
        return cls(budget["num_observations"], ChainSettings.from_budget(budget), gate, sampler)


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
    """Simulations left out as invalid."""
    num_gradients: int


def mock_posteriors(
    key: RandomKey, setup: Lensing, settings: MockSettings, *, resume: Resume | None = None
) -> MockPosteriors:
    """Sample the posteriors of mock observations at draws of the prior, all chains in one compiled program.

    Parameters are whitened by the Gaussian-field estimate of each observation, a few iterations in place of a chain:
    it decides how fast the chains are, not where they go. Chains that do not pass the gate are sampled anew, `LONGER`
    times as long: to leave out the slow ones would select observations.

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
    x, theta = simulations.x[valid], np.asarray(simulations.theta)[valid]
    estimate = jax.jit(lambda x: jax.lax.map(gaussian_field_of(setup).estimate, x))(x)
    factor = np.linalg.cholesky(np.linalg.inv(np.asarray(estimate.precision, np.float64))).astype(np.float32)
    whitening = Whitening(np.asarray(estimate.u), factor)
    target = Target(setup.task, x, whitening)
    draws, num_gradients = _sample(chain_key, target, settings, resume)
    passed = _passed(setup, settings.gate, draws)
    if not passed.all():
        slow = np.flatnonzero(~passed)
        logger.info("chains of %d of %d observations do not pass: sampled %d times as long", len(slow), len(x), LONGER)
        budget = settings.chains
        longer = dataclasses.replace(budget, num_warmup=LONGER * budget.num_warmup, num_draws=LONGER * budget.num_draws)
        longer = dataclasses.replace(settings, chains=longer)
        again = Target(setup.task, x[slow], Whitening(whitening.mean[slow], whitening.factor[slow]))
        second = resume and resume.part("longer", slow.tolist())
        made, more_gradients = _sample(jax.random.fold_in(chain_key, LONGER), again, longer, second)
        draws[slow], num_gradients = made[:, :, LONGER - 1 :: LONGER], num_gradients + more_gradients
        passed[slow] = _passed(setup, settings.gate, made)
    return MockPosteriors(theta, np.asarray(x), draws, whitening.mean, passed, int(np.sum(~valid)), num_gradients)


def _sample(
    key: RandomKey, target: Target, settings: MockSettings, resume: Resume | None
) -> tuple[Float[np.ndarray, "observation chain draw p"], int]:
    budget = settings.chains
    chains = sample_reference(key, target, budget, sampler=settings.sampler, resume=resume)
    draws = np.array(chains.draws).reshape(len(target.x), budget.num_chains, budget.num_draws, -1)
    return draws, chains.num_gradients


def _passed(setup: Lensing, gate: Gate | None, draws: np.ndarray) -> Bool[np.ndarray, " observation"]:
    if gate is None:
        return np.ones(len(draws), bool)
    u = np.asarray(setup.task.prior.to_unconstrained(jnp.asarray(draws)), np.float64)
    return np.array([gate.is_passed(one) for one in u])
