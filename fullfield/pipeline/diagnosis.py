"""Diagnosis of chains: convergence and cost of every parameter."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from fullfield.metrics import chains


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
    import arviz  # two seconds that chains themselves should not pay

    dataset = arviz.convert_to_dataset({"theta": draws})
    return np.minimum(*(arviz.ess(dataset, method=method)["theta"].values for method in ("bulk", "tail")))
