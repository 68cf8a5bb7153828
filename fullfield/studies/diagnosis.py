"""Diagnosis of chains: convergence and cost of every parameter, and what an effective draw costs with each sampler."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import arviz
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.metrics import chains

TARGETS = (400, 1000)
"""Effective sample sizes that a table gives the cost of."""


class Run(NamedTuple):
    """Chains of one sampler with their cost."""

    draws: np.ndarray
    """(chain, draw, p)."""
    gradients: np.ndarray
    """(chain, draw) gradients spent by each chain up to each draw, warm-up included."""
    warmup_gradients: np.ndarray
    """(chain,) those of the start and the warm-up."""
    num_divergences: int
    acceptance: float

    @classmethod
    def from_datasets(cls, posterior: xr.Dataset, stats: xr.Dataset) -> "Run":
        """Return a run from the two groups of a file."""
        warmup = np.asarray(posterior.attrs["warmup_gradients"])
        return cls(
            posterior["theta"].values,
            warmup[:, None] + np.cumsum(stats["num_steps"].values.astype(np.int64), axis=1),
            warmup,
            int(stats["diverging"].values.sum()),
            float(stats["acceptance_rate"].values.mean()),
        )


def diagnose(run: Run, names: Sequence[str]) -> pd.DataFrame:
    """Tabulate convergence and cost of every parameter and S8.

    Parameters
    ----------
    run
        The chains.
    names
        Parameter names.

    Returns
    -------
    DataFrame
        The columns of `metrics.chains.summarise`; gradients_per_ess, gradients after the warm-up per effective sample,
        of the smaller of bulk and tail, with its standard error over the chains; and, the same in every row,
        num_chains, num_draws, gradients, warmup_gradients, divergent_fraction and acceptance.
    """
    draws, extended = chains.with_s8(np.asarray(run.draws, np.float64), names)
    table = chains.summarise(draws, extended)
    after = run.gradients[:, -1] - run.warmup_gradients
    each = after[:, None] / np.stack([_smaller_ess(chain[None]) for chain in draws])
    return table.assign(
        gradients_per_ess=after.sum() / table[["ess_bulk", "ess_tail"]].min(axis=1),
        gradients_per_ess_error=each.std(axis=0, ddof=1) / np.sqrt(len(draws)),
        num_chains=draws.shape[0],
        num_draws=draws.shape[1],
        gradients=int(run.gradients[:, -1].sum()),
        warmup_gradients=int(run.warmup_gradients.sum()),
        divergent_fraction=run.num_divergences / draws[..., 0].size,
        acceptance=run.acceptance,
    )


def _smaller_ess(draws: np.ndarray) -> np.ndarray:
    dataset = arviz.convert_to_dataset({"theta": draws})
    return np.minimum(*(arviz.ess(dataset, method=method)["theta"].values for method in ("bulk", "tail")))


def cost_of_samplers(diagnoses: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one row per sampler: what an effective sample costs, and what a given number of them costs in all.

    Parameters
    ----------
    diagnoses
        What `diagnose` returns, by name of sampler.

    Returns
    -------
    DataFrame
        Columns sampler, parameter (the one that costs most), gradients_per_ess of it with its standard error over
        chains, median_gradients_per_ess over parameters, gradients_to_400 and gradients_to_1000 effective samples of
        that parameter with the warm-up of all chains, smallest ESS, largest R-hat, acceptance, divergent_fraction,
        gradients, warmup_gradients and published_count (two simulations a gradient).
    """
    rows = []
    for sampler, table in diagnoses.items():
        worst = table.loc[table["gradients_per_ess"].idxmax()]
        warmup = int(worst["warmup_gradients"])
        targets = {f"gradients_to_{n}": round(warmup + n * worst["gradients_per_ess"]) for n in TARGETS}
        rows.append(
            {
                "sampler": sampler,
                "parameter": worst["parameter"],
                "gradients_per_ess": worst["gradients_per_ess"],
                "gradients_per_ess_error": worst["gradients_per_ess_error"],
                "median_gradients_per_ess": table["gradients_per_ess"].median(),
                **targets,
                "min_ess": table[["ess_bulk", "ess_tail"]].min(axis=None),
                "max_rhat": table["rhat"].max(),
                **{
                    name: worst[name]
                    for name in ("acceptance", "divergent_fraction", "num_chains", "num_draws", "gradients")
                },
                "warmup_gradients": warmup,
                "published_count": 2 * int(worst["gradients"]),
            }
        )
    return pd.DataFrame(rows)
