"""Study of the losses: the same network, simulations and inference for all; what each summary keeps."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.compress.fit import Compressor
from fullfield.inference.method import Estimator, Method, Simulations
from fullfield.keys import stage_key
from fullfield.metrics import c2st
from fullfield.pipeline import calibration, estimation
from fullfield.pipeline.summaries import summarise_all
from fullfield.tasks import ProductPrior

NUM_ROWS = 2000
"""Most rows a side of the C2ST."""


class Judgement(NamedTuple):
    """What one summary keeps."""

    dataset: xr.Dataset
    """``draws`` of theta (seed, observation, draw, parameter); ``test_log_prob``, log q(u | t) in nats (seed,
    simulation), and ``test_summary`` (seed, simulation, entry); where there are replicas, ``replica_log_prob``, the
    mean of log q over explicit draws (seed, replica)."""
    coverage: pd.DataFrame
    """SBC and TARP of every seed."""
    comparison: pd.DataFrame
    """C2ST against the reference: seed, observation, c2st, standard_error, num_rows."""


def judge(
    method: Method,
    compressors: Sequence[Compressor] | None,
    seeds: Sequence[int],
    features: dict[str, xr.Dataset],
    references: dict[str, np.ndarray],
    prior: ProductPrior,
    seed: int,
    budget: dict[str, Any],
    *,
    num_flows: int,
    num_draws: int,
    num_coverage_draws: int,
    checkpoint: str | Path | None = None,
    digest: str = "",
) -> Judgement:
    """Infer with the summary of every seed, by the same method, and confront it with truths and references.

    Parameters
    ----------
    method
        An inference method with a normalised density.
    compressors
        One per seed, or None for features that are the summary.
    seeds
        Index of each training.
    features
        ``inference`` and ``calibration`` simulations, ``observed`` maps and, if any, ``replicas``: stored features.
    references
        Chains (chain, draw, p) by name of observation, in the order of ``observed``; empty for no C2ST.
    prior
        The prior.
    seed
        Integer seed of the workflow.
    budget
        The ``estimator`` block of a scale.
    num_flows
        Flows of the ensemble that serves one compressor.
    num_draws, num_coverage_draws
        Draws per observation and per test simulation.
    checkpoint, digest
        As in `train.fit`.

    Returns
    -------
    Judgement
    """
    summaries = [_all_summaries(features, one) for one in compressors or [None] * len(seeds)]
    inference = features["inference"]["u"].values
    # The same key for every summary: the same split of the simulations, initial weights and batches.
    root = stage_key(seed, "judge_losses")
    indices = jnp.asarray(seeds)[:, None] * num_flows + jnp.arange(num_flows)
    keys = jax.vmap(lambda index: jax.random.fold_in(root, index))(indices.ravel())
    stacked = np.repeat(np.stack([one["inference"] for one in summaries]), num_flows, axis=0)
    simulations = Simulations(inference, stacked)
    ensemble, _ = method.fit(keys, simulations, method.settings(budget), checkpoint=checkpoint, digest=digest)
    parts, coverage, comparison = [], [], []
    for index, (own, label) in enumerate(zip(summaries, seeds, strict=True)):
        estimator = ensemble.select(slice(index * num_flows, (index + 1) * num_flows))
        key = jax.random.fold_in(root, 1_000_000 + label)
        draws = estimation.sample_many(key, method, estimator, prior, own["observed"], num_draws).theta
        parts.append(_densities(method, estimator, own, features).assign(draws=(_DRAWS, draws)))
        coverage.append(
            _coverage(key, method, estimator, prior, own, features, num_coverage_draws, seed).assign(seed=label)
        )
        comparison += [
            {"seed": label, "observation": name, **_classify(draws[place], reference, seed)}
            for place, (name, reference) in enumerate(references.items())
        ]
    dataset = xr.concat(parts, dim="seed").assign_coords(
        seed=list(seeds), observation=list(features["observed"]["observation"].values)
    )
    columns = ["seed", "observation", *c2st.C2ST._fields]
    return Judgement(
        dataset,
        pd.concat(coverage, ignore_index=True),
        pd.DataFrame(comparison, columns=columns).rename(columns={"accuracy": "c2st"}),
    )


_DRAWS = ("observation", "draw", "parameter")


def _all_summaries(features: dict[str, xr.Dataset], compressor: Compressor | None) -> dict[str, np.ndarray]:
    if compressor is None:
        return {name: stored["features"].values[0] for name, stored in features.items()}
    compress = compressor.with_features(None)
    return {name: summarise_all(compress, stored["features"].values[0]) for name, stored in features.items()}


def _densities(
    method: Method, estimator: Estimator, own: dict[str, np.ndarray], features: dict[str, xr.Dataset]
) -> xr.Dataset:
    test = features["calibration"]
    values = method.log_prob(estimator, jnp.asarray(test["u"].values), jnp.asarray(own["calibration"]))
    dataset = xr.Dataset(
        {
            "test_log_prob": ("simulation", np.asarray(values)),
            "test_summary": (("simulation", "entry"), own["calibration"]),
        }
    )
    dataset = dataset.assign_coords(parameter=test["parameter"].values)
    if "replicas" not in features:
        return dataset
    draws = jnp.asarray(features["replicas"]["draws"].values)
    expected = [
        float(jnp.mean(method.log_prob(estimator, one, jnp.asarray(summary))))
        for one, summary in zip(draws, own["replicas"], strict=True)
    ]
    return dataset.assign(replica_log_prob=("replica", np.array(expected)))


def _coverage(key, method, estimator, prior, own, features, num_draws, seed) -> pd.DataFrame:
    key = jax.random.fold_in(key, 1)
    posterior = estimation.sample_many(key, method, estimator, prior, own["calibration"], num_draws)
    test = features["calibration"]
    names = [str(name) for name in test["parameter"].values]
    return calibration.calibration(posterior.theta, test["theta"].values, own["calibration"], names, seed)[0]


def _classify(draws: np.ndarray, reference: np.ndarray, seed: int) -> dict[str, Any]:
    rows = c2st.thin(reference, min(NUM_ROWS, len(draws)))
    # Draws come flow by flow: evenly spaced ones are of all.
    return c2st.c2st(draws[c2st.evenly(len(draws), len(rows))], rows, seed=seed)._asdict()
