"""Fits of one case by one method at all numbers of simulations, with and without scores, judged on the same data."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield.inference.estimator import Trained
from fullfield.inference.method import Method, Simulations, find
from fullfield.inference.training import EstimatorSettings
from fullfield.keys import stage_key
from fullfield.metrics.c2st import c2st, c2st_null, c2st_shifted
from fullfield.metrics.thinning import without_repeats
from fullfield.pipeline.estimation import LOOSE
from fullfield.resume import Course, Resume, run
from fullfield.studies.scores import moons
from fullfield.studies.scores.bank import Bank
from fullfield.studies.scores.cases import MOONS, NONE
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
        Those at which all seeds are compared with the posteriors; elsewhere `num_judged_seeds`.
    num_members
        Flows of a fit, an equal mixture, each with its own split into training and validation.
    num_c2st_rows
        Most rows a side.
    estimator
        Of every fit.
    """

    sizes: tuple[int, ...]
    judged_sizes: tuple[int, ...]
    num_judged_seeds: int
    num_members: int
    num_c2st_rows: int
    estimator: EstimatorSettings

    @classmethod
    def from_budget(
        cls, budget: Mapping[str, Any], estimator: Mapping[str, Any], num_c2st_rows: int
    ) -> "SweepSettings":
        """Return what the configuration says of a part of the study and of its fits."""
        return cls(
            tuple(budget["sizes"]),
            tuple(budget["judged_sizes"]),
            budget["num_judged_seeds"],
            budget["num_members"],
            num_c2st_rows,
            EstimatorSettings.from_budget(estimator),
        )


class Cell(NamedTuple):
    """Fits that are made together, one for each seed."""

    kind: str
    num_simulations: int


class Tallies(NamedTuple):
    """State of a sweep: how many cells are done, and what they gave, of `COLUMNS`."""

    position: np.ndarray
    values: Float[np.ndarray, "cell seed observation column"]


def sweep(
    case: str,
    method: str,
    bank: Bank,
    kinds: tuple[str, ...],
    seed: int,
    settings: SweepSettings,
    resume: Resume | None,
) -> pd.DataFrame:
    """Fit and judge every kind at every size.

    Parameters
    ----------
    case, method
        Name of the case, and of an inference method; the density in the plane has none.
    bank
        Its simulations.
    kinds
        Kinds of fits.
    seed
        Integer seed.
    settings
        Sizes and fits.
    resume
        Where finished cells are kept.

    Returns
    -------
    pandas.DataFrame
        kind, num_simulations, seed, observation; log_prob and median_log_prob, mean and median log density of the
        parameters of test simulations in nats, the same for all observations (NaN for methods without a density); c2st
        and num_rows (NaN where not judged); num_discarded, draws left out as not finite; rhat and ess, the worst of the
        chains (NaN for independent draws): where they miss the gate of many posteriors there is no c2st.
    """
    cells = [Cell(kind, size) for size in settings.sizes for kind in kinds]
    fits = _Fits(None if case == MOONS else find(method), bank, settings)
    key = stage_key(seed, "sweep", case, method)

    def advance(state: Tallies) -> Tallies:
        index = int(state.position)
        # Fits with scores and without share initial weights, splits and batches: their differences are paired.
        own = jax.random.fold_in(key, cells[index].num_simulations)
        values = state.values.copy()
        values[index] = fits.judge(own, cells[index])
        return Tallies(np.asarray(index + 1), values)

    shape = (len(cells), bank.num_seeds, len(bank.observed), len(COLUMNS))
    start = Tallies(np.asarray(0), np.full(shape, np.nan))
    course = Course(
        "fit", len(cells), lambda state: int(state.position), lambda state: str(cells[int(state.position) - 1])
    )
    return _table(run(start, advance, course, resume).values, cells)


def _table(values: np.ndarray, cells: list[Cell]) -> pd.DataFrame:
    rows = [
        {**cell._asdict(), "seed": s, "observation": o, **dict(zip(COLUMNS, values[c, s, o], strict=True))}
        for c, cell in enumerate(cells)
        for s in range(values.shape[1])
        for o in range(values.shape[2])
    ]
    return pd.DataFrame(rows)


class _Fits(NamedTuple):
    """How fits of a case are made and judged."""

    method: Method | None
    """None fits the density in the plane."""
    bank: Bank
    settings: SweepSettings

    @property
    def num_seeds(self) -> int:
        """Independent data sets."""
        return self.bank.num_seeds

    def judge(self, key: jax.Array, cell: Cell) -> Float[np.ndarray, "seed observation column"]:
        """Return the columns of one cell."""
        fit_key, draw_key = jax.random.split(key)
        lanes = jax.random.split(fit_key, self.num_seeds * self.settings.num_members)
        fitted = self.fit(lanes, cell)
        values = np.full((self.num_seeds, len(self.bank.observed), len(COLUMNS)), np.nan)
        values[..., :2] = self.log_prob(fitted)[:, None]
        is_all = cell.num_simulations in self.settings.judged_sizes
        num_judged = self.num_seeds if is_all else min(self.settings.num_judged_seeds, self.num_seeds)
        draws, convergence = self.draws(draw_key, fitted)
        for s, o in np.ndindex(num_judged, len(self.bank.posterior)):
            values[s, o, 2:] = self.compare(draws[o, s], self.bank.posterior[o], convergence[o, s], seed=s)
        return values

    def compare(self, draws: np.ndarray, reference: np.ndarray, convergence: np.ndarray, seed: int) -> tuple:
        """Return the columns that say how one fit compares with one posterior."""
        rhat, ess = convergence
        finite = draws[np.isfinite(draws).all(axis=1)]
        ours = without_repeats(finite)[: min(self.settings.num_c2st_rows, len(reference))]
        has_converged = np.isnan(rhat) or (rhat <= LOOSE["max_rhat"] and ess >= LOOSE["min_ess"])
        accuracy = c2st(ours, reference[: len(ours)], seed=seed).accuracy if has_converged else np.nan
        return accuracy, len(ours), len(draws) - len(finite), rhat, ess

    def fit(self, keys: RandomKeys, cell: Cell) -> Trained | moons.MoonsFit:
        """Train the members of every seed on its first simulations."""
        per_seed = len(self.bank.u) // self.num_seeds
        first = per_seed * np.repeat(np.arange(self.num_seeds), self.settings.num_members)
        subsets = first[:, None] + np.arange(cell.num_simulations)
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
        """Return draws of the mixture of each seed's members, and the worst R-hat and ESS of its chains."""
        num_each = -(-self.settings.num_c2st_rows // self.settings.num_members)
        if self.method is None:
            made, table = np.asarray(fitted.sample(key, num_each))[None], None
        else:
            keys = jax.random.split(key, len(self.bank.observed))
            sampled = self.method.sample(keys, fitted, jnp.asarray(self.bank.observed), num_each)
            made, table = np.asarray(sampled.values), sampled.convergence
        shape = (len(made), self.num_seeds, self.settings.num_members, num_each, made.shape[-1])
        mixed = np.moveaxis(made.reshape(shape), 2, 3).reshape(len(made), self.num_seeds, -1, made.shape[-1])
        return mixed, self._worst(table, len(made))

    def _worst(self, table: pd.DataFrame | None, num_observations: int) -> Float[np.ndarray, "observation seed 2"]:
        if table is None:
            return np.full((num_observations, self.num_seeds, 2), np.nan)
        # An undefined value is one of a chain that never moved.
        table = table.fillna({"rhat": np.inf, "ess": 0.0}).assign(seed=table["seed"] // self.settings.num_members)
        worst = table.groupby(["observation", "seed"]).agg({"rhat": "max", "ess": "min"})
        return worst.to_numpy().reshape(num_observations, self.num_seeds, 2)


def yardsticks(bank: Bank, num_rows: int, seed: int) -> pd.DataFrame:
    """Return C2ST of each observation between halves of its posterior, as they are and shifted by a quarter sigma."""
    rows = []
    for o, draws in enumerate(bank.posterior):
        chains = draws[: len(draws) // 4 * 4].reshape(4, -1, draws.shape[-1])
        for name, measure in (("null", c2st_null), ("shifted", c2st_shifted)):
            outcome = measure(chains, num_rows, seed=seed)
            rows.append({"quantity": name, "observation": o, "c2st": outcome.accuracy, "num_rows": outcome.num_rows})
    return pd.DataFrame(rows)
