"""Simulations of a case with all their scores, test simulations, and observations with their posteriors."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield import tasks
from fullfield.compress import LOSSES, CompressorSettings, Source, fit_compressor
from fullfield.inference.scores import pull_back
from fullfield.keys import stage_key
from fullfield.pipeline.source import in_chunks, require_valid
from fullfield.pipeline.task_posterior import posterior_sampler
from fullfield.studies.scores import moons
from fullfield.studies.scores.cases import CASES, MOONS, Case
from fullfield.tasks import Task, simulate
from fullfield.tasks.scores import NUM_GRADIENTS, SCORES, noise_fraction, quadrature
from fullfield.types import Array, RandomKey

DIMENSIONS = {
    "u": ("simulation", "parameter"),
    "summary": ("simulation", "feature"),
    "test_u": ("test", "parameter"),
    "test_summary": ("test", "feature"),
    "observed": ("observation", "feature"),
    "truth": ("observation", "parameter"),
    "posterior": ("observation", "draw", "parameter"),
}
CHUNK = 500
"""Simulations whose scores are computed together."""
MIN_TRUST = 0.25
"""Of `tasks.scores.quadrature`, which does not look at the simulation's own latents: noise is that where it is met."""


@dataclasses.dataclass(frozen=True)
class BankSettings:
    """Sizes of a bank.

    Attributes
    ----------
    num_seeds, num_simulations
        Independent data sets, and simulations in each.
    num_test
        Simulations at which densities are judged.
    num_observations, num_draws
        Observations, and draws of the posterior of each.
    num_marginal
        Simulations whose noise of scores is measured, where the marginal score is known.
    compressor
        Of cases that compress their data: on how many further simulations, which no fit counts, as published.
    """

    num_seeds: int
    num_simulations: int
    num_test: int
    num_observations: int
    num_draws: int
    num_marginal: int
    compressor: CompressorSettings

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any], compressor: Mapping[str, Any]) -> "BankSettings":
        """Return what the configuration says of a bank and of the compressor of all."""
        return cls(**budget, compressor=CompressorSettings.from_budget(compressor))


class Bank(NamedTuple):
    """What fits of a case learn from and are judged on; u is a standard normal under the prior."""

    u: np.ndarray
    """(seed * simulation, p): data set after data set."""
    summary: np.ndarray
    scores: dict[str, np.ndarray]
    """By kind, (seed * simulation, p) estimates of grad_u log p(x | u)."""
    test_u: np.ndarray
    test_summary: np.ndarray
    observed: np.ndarray
    """(observation, summary)."""
    truth: np.ndarray
    """(observation, p) u of the observations."""
    posterior: np.ndarray
    """(observation, draw, p) independent draws of u."""
    num_seeds: int
    """Data sets."""

    def subsets(self, num_simulations: int, num_members: int = 1) -> np.ndarray:
        """Return (seed * member, simulation) rows: the first of each data set, once for each member."""
        per_seed = len(self.u) // self.num_seeds
        first = per_seed * np.repeat(np.arange(self.num_seeds), num_members)
        return first[:, None] + np.arange(num_simulations)

    def to_dataset(self) -> xr.Dataset:
        """Return all of it as a labelled dataset; a summary of no numbers is left out."""
        variables = {
            name: (DIMENSIONS[name], values)
            for name, values in self._asdict().items()
            if name in DIMENSIONS and values.shape[-1]
        }
        variables |= {f"score_{kind}": (("simulation", "parameter"), values) for kind, values in self.scores.items()}
        return xr.Dataset(variables, attrs={"num_seeds": self.num_seeds})

    @classmethod
    def from_dataset(cls, dataset: xr.Dataset) -> "Bank":
        """Return what `to_dataset` was made of."""
        values = {
            name: dataset[name].values if name in dataset else np.zeros((dataset.sizes[dimensions[0]], 0), np.float32)
            for name, dimensions in DIMENSIONS.items()
        }
        scores = {name[6:]: dataset[name].values for name in dataset if str(name).startswith("score_")}
        return cls(**values, scores=scores, num_seeds=int(dataset.attrs["num_seeds"]))


class Made(NamedTuple):
    """A bank and what goes with it."""

    bank: Bank
    noise: pd.DataFrame
    """How much of its scores is noise: kind, noise_fraction, median_ratio, num_simulations."""
    num_simulations: int
    num_gradients: int
    """Of the joint density, or evaluations of its residuals: of all scores and of the posteriors."""


def make_bank(case: str, seed: int, settings: BankSettings) -> Made:
    """Simulate everything of a case."""
    return _moons(seed, settings) if case == MOONS else _of_task(CASES[case], seed, settings)


def _of_task(case: Case, seed: int, settings: BankSettings) -> Made:
    task = tasks.make(case.task, **case.settings)
    key = stage_key(seed, "scores", case.task, str(sorted(case.settings.items())))
    bank_key, test_key, observed_key, posterior_key, compressor_key = jax.random.split(key, 5)
    made = simulate(bank_key, task, settings.num_seeds * settings.num_simulations, latents=True)
    test = simulate(test_key, task, settings.num_test)
    observed = simulate(observed_key, task, settings.num_observations)
    for part in (made, test, observed):
        require_valid(np.asarray(part.num_invalid) == 0)
    summarise = _compressor(task, compressor_key, settings.compressor) if case.is_compressed else _as_it_is
    u = task.prior.to_unconstrained(made.theta)
    rows = (made.theta, made.latents, made.x)
    scores = {kind: in_chunks(_scored(task, kind), rows, CHUNK) for kind in case.kinds}
    sample = posterior_sampler(task, settings.num_draws)
    keys = jax.random.split(posterior_key, settings.num_observations)
    posteriors = [sample(key, x) for key, x in zip(keys, observed.x, strict=True)]
    num_draws = min(len(one.theta) for one in posteriors)
    draws = np.stack([one.theta[:num_draws] for one in posteriors])
    few = jax.tree.map(lambda values: values[: settings.num_marginal], rows)
    exact = _marginal(task, few[0], few[2]) if task.latent_shape else None
    noise = [_noise(kind, values[: settings.num_marginal], exact) for kind, values in scores.items()]
    bank = Bank(
        np.asarray(u),
        summarise(made.x),
        {kind: np.asarray(pull_back(task.prior.to_constrained, u, values)) for kind, values in scores.items()},
        np.asarray(task.prior.to_unconstrained(test.theta)),
        summarise(test.x),
        summarise(observed.x),
        np.asarray(task.prior.to_unconstrained(observed.theta)),
        np.asarray(task.prior.to_unconstrained(jnp.asarray(draws))),
        settings.num_seeds,
    )
    per_score = sum(NUM_GRADIENTS[kind] if task.latent_shape else 1 for kind in case.kinds)
    num_gradients = len(u) * per_score + sum(one.num_evaluations for one in posteriors)
    num_gradients += len(few[0]) * NUM_GRADIENTS["marginal"] if task.latent_shape else 0
    num_simulations = sum(len(part.theta) for part in (made, test, observed))
    if case.is_compressed:
        num_simulations += settings.compressor.num_simulations + settings.compressor.num_validation
    return Made(bank, pd.DataFrame(noise), num_simulations, num_gradients)


def _scored(task: Task, kind: str) -> Callable[[tuple[Array, Array | None, Array]], Array]:
    """Return the scores of a batch of theta, latents and data."""
    return jax.vmap(lambda rows: SCORES[kind](task)(*rows))


def _marginal(task: Task, theta: Array, x: Array) -> np.ndarray:
    """Return marginal scores; NaN where the quadrature over the latents is not to be trusted."""

    def of_one(rows):
        score, trust = quadrature(task)(*rows)
        return jnp.where(trust >= MIN_TRUST, score, jnp.nan)

    return in_chunks(jax.vmap(of_one), (theta, x), CHUNK)


def _noise(kind: str, score: np.ndarray, exact: np.ndarray | None) -> dict[str, float | str | int]:
    """Return how much of the scores is noise, where that is known; there is none without latents."""
    counts = {"num_simulations": len(score), "num_unresolved": 0}
    if exact is None:
        return {"kind": kind, "noise_fraction": 0.0, "median_ratio": 0.0, **counts}
    known = np.isfinite(exact).all(axis=1)
    counts["num_unresolved"] = int((~known).sum())
    score, exact = score[known], exact[known]
    error, size = (np.median(np.sum(values**2, axis=1)) for values in (score - exact, score))
    return {
        "kind": kind,
        "noise_fraction": noise_fraction(score, exact),
        "median_ratio": float(error / size),
        **counts,
    }


def _as_it_is(x: Array) -> np.ndarray:
    return np.asarray(x).reshape(len(x), -1)


def _compressor(task: Task, key: RandomKey, settings: CompressorSettings) -> Callable[[Array], np.ndarray]:
    """Return x -> as many numbers as parameters, trained by VMIM on simulations of its own."""
    simulate_key, train_key = jax.random.split(key)
    made = simulate(simulate_key, task, settings.num_simulations + settings.num_validation)
    u = task.prior.to_unconstrained(made.theta)
    source = Source(lambda index, data: (data[0][index], data[1][index], jnp.array(True)), (u, made.x), None)
    compressors, _ = fit_compressor(
        jax.random.split(train_key, 1), LOSSES["vmim"](task.num_parameters), source, settings
    )
    return lambda x: in_chunks(compressors[0].__call__, x, CHUNK)


def _moons(seed: int, settings: BankSettings) -> Made:
    """Return the density as a case: one "posterior", without data."""
    bank_key, test_key, draw_key = jax.random.split(stage_key(seed, "scores", MOONS), 3)
    y = moons.sample(bank_key, settings.num_seeds * settings.num_simulations)
    score = in_chunks(jax.vmap(jax.grad(moons.log_prob)), y, CHUNK)
    draws = np.asarray(moons.sample(draw_key, settings.num_draws))

    def nothing(num):
        return np.zeros((num, 0), np.float32)

    bank = Bank(
        np.asarray(y),
        nothing(len(y)),
        {"joint": score},
        np.asarray(moons.sample(test_key, settings.num_test)),
        nothing(settings.num_test),
        nothing(1),
        draws[:1],
        draws[None],
        settings.num_seeds,
    )
    num_draws = len(y) + settings.num_test + settings.num_draws
    return Made(bank, pd.DataFrame([_noise("joint", score, None)]), num_draws, len(y))
