"""Fits of one case by one method to the simulations of all seeds together, and how they are judged."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield.inference.estimator import Trained
from fullfield.inference.method import Method, Simulations
from fullfield.inference.training import EstimatorSettings
from fullfield.metrics.c2st import c2st
from fullfield.metrics.thinning import evenly, without_repeats, without_those_of
from fullfield.pipeline.estimation import LOOSE
from fullfield.studies.scores import moons
from fullfield.studies.scores.bank import Bank
from fullfield.studies.scores.cases import NONE
from fullfield.types import Float, RandomKeys

MIN_PADDED = 1000
"""Rows that fewer simulations are repeated to: fits of all these sizes are one program."""
COLUMNS = ("log_prob", "median_log_prob", "c2st", "num_rows", "num_discarded", "rhat", "ess")


@dataclasses.dataclass(frozen=True)
class SweepSettings:
    """What is fitted, and how it is judged.

    Attributes
    ----------
    sizes
        Numbers of simulations.
    judged_sizes
        Those at which all seeds are compared with the posteriors, as they are of the density in the plane at all where
        the classifier stops early; elsewhere `num_judged_seeds`.
    num_members
        Flows of a fit, an equal mixture, each with its own split into training and validation.
    num_c2st_rows, early_stopping
        Most rows a side of the two-sample test, and whether its classifier stops early; published values are of 10 000
        rows and a classifier that does not.
    estimator
        Of every fit.
    """

    sizes: tuple[int, ...]
    judged_sizes: tuple[int, ...]
    num_judged_seeds: int
    num_members: int
    num_c2st_rows: int
    early_stopping: bool
    estimator: EstimatorSettings

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any], estimator: Mapping[str, Any]) -> "SweepSettings":
        """Return what the configuration says of a part of the study and of its fits."""
        return cls(
            tuple(budget["sizes"]),
            tuple(budget["judged_sizes"]),
            budget["num_judged_seeds"],
            budget["num_members"],
            budget["num_c2st_rows"],
            budget["early_stopping"],
            EstimatorSettings.from_budget(estimator),
        )


class Cell(NamedTuple):
    """Fits that are made together, one for each seed."""

    kind: str
    num_simulations: int


class Fits(NamedTuple):
    """How fits of a case are made and judged."""

    method: Method | None
    """None fits the density in the plane."""
    bank: Bank
    settings: SweepSettings

    @property
    def num_seeds(self) -> int:
        """Independent data sets."""
        return self.bank.num_seeds

    def judge(
        self, key: jax.Array, cell: Cell
    ) -> tuple[Float[np.ndarray, "seed observation column"], Float[np.ndarray, "draw p"]]:
        """Return the columns of one cell, and draws of the first fit for the first observation."""
        fit_key, draw_key = jax.random.split(key)
        lanes = jax.random.split(fit_key, self.num_seeds * self.settings.num_members)
        fitted = self.fit(lanes, cell)
        values = np.full((self.num_seeds, len(self.bank.observed), len(COLUMNS)), np.nan)
        values[..., :2] = self.log_prob(fitted)[:, None]
        # The density has one posterior, not one for each observation: all seeds are affordable, but not with the
        # published test, which takes minutes.
        is_cheap = self.method is None and self.settings.early_stopping
        is_all = cell.num_simulations in self.settings.judged_sizes or is_cheap
        num_judged = self.num_seeds if is_all else min(self.settings.num_judged_seeds, self.num_seeds)
        judged = self.settings.num_members * num_judged
        draws, convergence = self.draws(draw_key, fitted.select(slice(0, judged)))
        for s, o in np.ndindex(num_judged, len(self.bank.posterior)):
            values[s, o, 2:] = self.compare(draws[o, s], self.bank.posterior[o], convergence[o, s], seed=s)
        return values, draws[0, 0, : self.settings.num_c2st_rows]

    def compare(self, draws: np.ndarray, reference: np.ndarray, convergence: np.ndarray, seed: int) -> tuple:
        """Return the columns that say how one fit compares with one posterior."""
        rhat, ess = convergence
        finite = draws[np.isfinite(draws).all(axis=1)]
        rows = reference[: self.settings.num_c2st_rows]
        ours = without_those_of(without_repeats(finite), rows)[: len(rows)]
        if np.isfinite(ess):
            # Rows of a chain are as many as it has independent draws.
            ours = ours[evenly(len(ours), min(len(ours), self.settings.num_members * int(ess)))]
        has_converged = np.isnan(rhat) or (rhat <= LOOSE["max_rhat"] and ess >= LOOSE["min_ess"])
        accuracy = np.nan
        if has_converged:
            stop = self.settings.early_stopping
            accuracy = c2st(ours, rows[: len(ours)], seed=seed, early_stopping=stop).accuracy
        return accuracy, len(ours), len(draws) - len(finite), rhat, ess

    def fit(self, keys: RandomKeys, cell: Cell) -> Trained | moons.MoonsFit:
        """Train the members of every seed on its first simulations."""
        subsets = self.bank.subsets(cell.num_simulations, self.settings.num_members)
        score = None if cell.kind == NONE else self.bank.scores[cell.kind]
        padded = max(MIN_PADDED, cell.num_simulations)
        estimator = self.settings.estimator
        if self.method is None:
            return moons.fit(keys, self.bank.u, score, subsets, estimator, padded)
        simulations = Simulations(self.bank.u, self.bank.summary, score, subsets, padded)
        return self.method.fit(keys, simulations, estimator)[0]

    def log_prob(self, fitted: Any) -> Float[np.ndarray, "seed 2"]:
        """Return mean and median log density of test simulations, of the mixture of each seed's members."""
        if self.method is None:
            each = fitted.log_prob(self.bank.test_u)
        elif self.method.log_prob is None:
            return np.full((self.num_seeds, 2), np.nan)
        else:
            members = [slice(index, index + 1) for index in range(fitted.num_seeds)]
            each = [
                self.method.log_prob(fitted.select(one), self.bank.test_u, self.bank.test_summary) for one in members
            ]
        each = np.asarray(each, np.float64).reshape(self.num_seeds, self.settings.num_members, -1)
        mixture = np.logaddexp.reduce(each, axis=1) - math.log(self.settings.num_members)
        return np.stack([mixture.mean(axis=1), np.median(mixture, axis=1)], axis=-1)

    def draws(
        self, key: jax.Array, fitted: Any
    ) -> tuple[Float[np.ndarray, "observation seed draw p"], Float[np.ndarray, "observation seed 2"]]:
        """Return draws of the mixture of each fitted seed's members, and the worst R-hat and ESS of its chains."""
        num_each = -(-self.settings.num_c2st_rows // self.settings.num_members)
        if self.method is None:
            made, table = np.asarray(fitted.sample(key, num_each))[None], None
        else:
            keys = jax.random.split(key, len(self.bank.observed))
            sampled = self.method.sample(keys, fitted, jnp.asarray(self.bank.observed), num_each)
            made, table = np.asarray(sampled.values), sampled.convergence
        num_seeds = made.shape[1] // self.settings.num_members
        shape = (len(made), num_seeds, self.settings.num_members, num_each, made.shape[-1])
        mixed = np.moveaxis(made.reshape(shape), 2, 3).reshape(len(made), num_seeds, -1, made.shape[-1])
        return mixed, self._worst(table, len(made), num_seeds)

    def _worst(
        self, table: pd.DataFrame | None, num_observations: int, num_seeds: int
    ) -> Float[np.ndarray, "observation seed 2"]:
        if table is None:
            return np.full((num_observations, num_seeds, 2), np.nan)
        # An undefined value is one of a chain that never moved.
        table = table.fillna({"rhat": np.inf, "ess": 0.0}).assign(seed=table["seed"] // self.settings.num_members)
        worst = table.groupby(["observation", "seed"]).agg({"rhat": "max", "ess": "min"})
        return worst.to_numpy().reshape(num_observations, num_seeds, 2)
