"""What an effective draw costs with each sampler."""

from collections.abc import Mapping

import pandas as pd

TARGETS = (400, 1000)
"""Effective sample sizes that a table gives the cost of."""


def cost_of_samplers(diagnoses: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one row per sampler: what an effective sample costs, and what a given number of them costs in all.

    Parameters
    ----------
    diagnoses
        What `pipeline.diagnosis.diagnose` returns, by name of sampler.

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
