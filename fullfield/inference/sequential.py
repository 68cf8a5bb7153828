"""Likelihood estimation in rounds, on simulations of an observation's own current posterior; several at once.

As in DELFI (Alsing et al. 2019, arXiv:1903.00007) with the likelihood of sequential neural likelihood estimation
(Papamakarios et al. 2019, arXiv:1805.07226): what p(summary | u) was learned from needs no correction, wherever u was
drawn.
"""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield.inference import nle
from fullfield.inference.method import Simulations
from fullfield.inference.training import EstimatorSettings
from fullfield.resume import Course, Resume, run
from fullfield.types import Array, ArrayLike, Float, RandomKey

Simulate = Callable[[RandomKey, Array], np.ndarray]
"""(key, u (n, p)) -> summaries (n, s) of simulations there."""


@dataclasses.dataclass(frozen=True)
class Rounds:
    """Budget of one observation.

    Attributes
    ----------
    num_rounds, num_simulations
        Rounds, and simulations in each: the first of the prior, the same for all observations, the others of each
        observation's current posterior.
    num_members
        Flows of an ensemble, whose posteriors have equal weights.
    num_draws
        Draws of the last posterior.
    estimator
        Of every flow.
    """

    num_rounds: int
    num_simulations: int
    num_members: int
    num_draws: int
    estimator: EstimatorSettings

    @property
    def num_per_observation(self) -> int:
        """Simulations that one posterior takes."""
        return self.num_rounds * self.num_simulations


class Sequential(NamedTuple):
    """Posteriors after the last round."""

    draws: Float[np.ndarray, "observation draw p"]
    convergence: pd.DataFrame
    """Of the chains of all rounds: round, observation, seed (of the ensemble), parameter, rhat, ess."""


class _State(NamedTuple):
    """What a checkpoint holds: rounds that are done, simulations of all of them, current posteriors."""

    position: np.ndarray
    u: Float[np.ndarray, "row p"]
    summary: Float[np.ndarray, "row s"]
    draws: Float[np.ndarray, "observation draw p"]
    diagnostics: Float[np.ndarray, "round row 2"]


def sample_in_rounds(
    key: RandomKey,
    simulate: Simulate,
    observed: Float[ArrayLike, "observation s"],
    num_parameters: int,
    settings: Rounds,
    *,
    resume: Resume | None = None,
) -> Sequential:
    """Draw from the posterior of every observation, of the standard normal prior of u.

    Parameters
    ----------
    key
        A typed key.
    simulate
        The simulator and the summary.
    observed
        Summaries of the observations.
    num_parameters
        Length of u.
    settings
        Rounds.
    resume
        Where finished rounds are kept.

    Returns
    -------
    Sequential
    """
    observed = jnp.asarray(observed)
    shape, num = (len(observed), num_parameters), settings.num_simulations
    num_rows = num * (1 + (settings.num_rounds - 1) * len(observed))
    num_drawn = max(num, settings.num_draws)

    def advance(state: _State) -> _State:
        done = int(state.position)
        simulate_key, fit_key, draw_key, prior_key = jax.random.split(jax.random.fold_in(key, done), 4)
        if done == 0:
            new = np.asarray(jax.random.normal(prior_key, (num, num_parameters)))
            rows = slice(0, num)
        else:
            new = state.draws[:, :num].reshape(-1, num_parameters)
            start = num * (1 + (done - 1) * len(observed))
            rows = slice(start, start + len(new))
        u, summary, diagnostics = state.u.copy(), state.summary.copy(), state.diagnostics.copy()
        u[rows], summary[rows] = new, simulate(simulate_key, jnp.asarray(new))
        known = rows_of(len(observed), done + 1, num)
        draws, table = _fit_and_draw((fit_key, draw_key), u, summary, known, observed, num_drawn, settings)
        diagnostics[done] = table[["rhat", "ess"]].to_numpy()
        return _State(np.asarray(done + 1), u, summary, draws, diagnostics)

    num_diagnosed = len(observed) * settings.num_members * num_parameters
    start = _State(
        np.asarray(0),
        np.zeros((num_rows, num_parameters), np.float32),
        np.zeros((num_rows, observed.shape[1]), np.float32),
        np.zeros((len(observed), num_drawn, num_parameters), np.float32),
        np.full((settings.num_rounds, num_diagnosed, 2), np.nan),
    )
    course = Course("round", settings.num_rounds, lambda state: int(state.position))
    final = run(start, advance, course, resume)
    return Sequential(final.draws[:, : settings.num_draws], _convergence(final.diagnostics, shape, settings))


def rows_of(num_observations: int, num_rounds: int, num: int) -> np.ndarray:
    """Return (observation, row) the simulations that each observation knows after so many rounds."""
    first = np.tile(np.arange(num), (num_observations, 1))
    own = np.arange(num_observations)[:, None] * num + np.arange(num)
    later = [num * (1 + done * num_observations) + own for done in range(num_rounds - 1)]
    return np.concatenate([first, *later], axis=1)


def _fit_and_draw(
    keys: tuple[RandomKey, RandomKey],
    u: np.ndarray,
    summary: np.ndarray,
    known: np.ndarray,
    observed: Array,
    num_drawn: int,
    settings: Rounds,
) -> tuple[np.ndarray, pd.DataFrame]:
    """Return draws of all observations, and the convergence of their chains, after a round."""
    fit_key, draw_key = keys
    members = settings.num_members
    lanes = jax.random.split(fit_key, len(observed) * members)
    simulations = Simulations(u, summary, None, np.repeat(known, members, axis=0), settings.num_per_observation)
    fitted, _ = nle.fit(lanes, simulations, settings.estimator)
    draws, tables = [], []
    for index, own in enumerate(jax.random.split(draw_key, len(observed))):
        ensemble = fitted.select(slice(index * members, (index + 1) * members))
        sampled = nle.sample(own, ensemble, observed[index], -(-num_drawn // members))
        # Draws come chain after chain: in random order any part holds all chains of all members.
        order_key = jax.random.fold_in(own, 1)
        mixed = jax.random.permutation(order_key, sampled.values.reshape(-1, u.shape[1]))
        draws.append(np.asarray(mixed[:num_drawn]))
        tables.append(sampled.convergence)
    return np.stack(draws), pd.concat(tables, ignore_index=True)


def _convergence(
    diagnostics: Float[np.ndarray, "round row 2"], shape: tuple[int, int], settings: Rounds
) -> pd.DataFrame:
    num_observations, num_parameters = shape
    full = (settings.num_rounds, num_observations, settings.num_members, num_parameters)
    places = dict(zip(("round", "observation", "seed", "parameter"), np.indices(full).reshape(4, -1), strict=True))
    values = diagnostics.reshape(-1, 2)
    return pd.DataFrame(places | {"rhat": values[:, 0], "ess": values[:, 1]})
