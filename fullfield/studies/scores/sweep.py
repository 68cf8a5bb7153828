"""All fits of a case at all numbers of simulations, with and without scores, judged on the same data."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield import tasks
from fullfield.inference.method import find
from fullfield.keys import stage_key
from fullfield.metrics.c2st import c2st, c2st_null, c2st_shifted
from fullfield.resume import Course, Resume, run
from fullfield.studies.scores.bank import Bank
from fullfield.studies.scores.cases import CASES, MOONS
from fullfield.studies.scores.fits import COLUMNS, Cell, Fits, SweepSettings
from fullfield.types import Float

BETWEEN_HALVES = {"null": c2st_null, "shifted": c2st_shifted}


class Tallies(NamedTuple):
    """State of a sweep: how many cells are done, and what they gave, of `COLUMNS`."""

    position: np.ndarray
    values: Float[np.ndarray, "cell seed observation column"]
    draws: Float[np.ndarray, "cell draw parameter"]
    """Of the first fit of each cell, for the first observation."""


class Swept(NamedTuple):
    """What a sweep gives."""

    table: pd.DataFrame
    """kind, num_simulations, seed, observation; log_prob and median_log_prob, mean and median log density of the
    parameters of test simulations in nats, the same for all observations (NaN for methods without a density); c2st and
    num_rows (NaN where not judged); num_discarded, draws left out as not finite; rhat and ess, the worst of the chains
    (NaN for independent draws): where they miss the gate of many posteriors there is no c2st."""
    examples: xr.Dataset
    """draws (kind, num_simulations, draw, parameter) of theta for the first observation by the first fit of each cell;
    reference (row, parameter), draws of its posterior; truth (parameter)."""


def sweep(
    case: str,
    method: str,
    bank: Bank,
    kinds: tuple[str, ...],
    seed: int,
    settings: SweepSettings,
    resume: Resume | None,
) -> Swept:
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
    Swept
    """
    cells = [Cell(kind, size) for size in settings.sizes for kind in kinds]
    fits = Fits(None if case == MOONS else find(method), bank, settings)
    key = stage_key(seed, "sweep", case, method)

    def advance(state: Tallies) -> Tallies:
        index = int(state.position)
        # Fits with scores and without share initial weights, splits and batches: their differences are paired.
        own = jax.random.fold_in(key, cells[index].num_simulations)
        values, draws = state.values.copy(), state.draws.copy()
        values[index], draws[index] = fits.judge(own, cells[index])
        return Tallies(np.asarray(index + 1), values, draws)

    shape = (len(cells), bank.num_seeds, len(bank.observed), len(COLUMNS))
    examples = (len(cells), settings.num_c2st_rows, bank.u.shape[1])
    start = Tallies(np.asarray(0), np.full(shape, np.nan), np.full(examples, np.nan))
    course = Course(
        "fit", len(cells), lambda state: int(state.position), lambda state: str(cells[int(state.position) - 1])
    )
    final = run(start, advance, course, resume)
    return Swept(_table(final.values, cells), _examples(final.draws, case, bank, kinds, settings))


def _examples(draws: np.ndarray, case: str, bank: Bank, kinds: tuple[str, ...], settings: SweepSettings) -> xr.Dataset:
    names, to_natural = ("y0", "y1"), jnp.asarray
    if case != MOONS:
        task = tasks.make(CASES[case].task, **CASES[case].settings)
        names, to_natural = task.parameter_names, task.prior.to_constrained
    theta = np.asarray(to_natural(jnp.asarray(draws))).reshape(len(settings.sizes), len(kinds), *draws.shape[1:])
    variables = {
        "draws": (("num_simulations", "kind", "draw", "parameter"), theta),
        "reference": (("row", "parameter"), np.asarray(to_natural(jnp.asarray(bank.posterior[0])))),
        "truth": (("parameter",), np.asarray(to_natural(jnp.asarray(bank.truth[0])))),
    }
    coords = {"kind": list(kinds), "num_simulations": list(settings.sizes), "parameter": list(names)}
    return xr.Dataset(variables, coords)


def _table(values: np.ndarray, cells: list[Cell]) -> pd.DataFrame:
    rows = [
        {**cell._asdict(), "seed": s, "observation": o, **dict(zip(COLUMNS, values[c, s, o], strict=True))}
        for c, cell in enumerate(cells)
        for s in range(values.shape[1])
        for o in range(values.shape[2])
    ]
    return pd.DataFrame(rows)


def yardsticks(bank: Bank, num_rows: int, seed: int) -> pd.DataFrame:
    """Return what C2ST reads of each posterior.

    Parameters
    ----------
    bank
        Observations and their posteriors.
    num_rows
        Most rows a side.
    seed
        Integer seed.

    Returns
    -------
    pandas.DataFrame
        quantity, observation, c2st, num_rows. Between halves of the draws: null as they are, shifted by a quarter
        sigma; gaussian, between draws and those of the normal law of the same mean and covariance: how far the
        posterior is from being Gaussian.
    """
    rows = []
    for o, draws in enumerate(bank.posterior):
        chains = draws[: len(draws) // 4 * 4].reshape(4, -1, draws.shape[-1])
        outcomes = {name: measure(chains, num_rows, seed=seed) for name, measure in BETWEEN_HALVES.items()}
        few, rng = draws[:num_rows], np.random.default_rng([seed, o])
        normal = rng.multivariate_normal(draws.mean(axis=0), np.atleast_2d(np.cov(draws.T)), len(few))
        outcomes["gaussian"] = c2st(normal, few, seed=seed)
        for name, outcome in outcomes.items():
            rows.append({"quantity": name, "observation": o, "c2st": outcome.accuracy, "num_rows": outcome.num_rows})
    return pd.DataFrame(rows)
