"""Study of the losses: the same network, simulations and inference for all; what each summary keeps."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.compress.compressor import Compressor
from fullfield.inference.method import Estimator, Method, Simulations
from fullfield.keys import stage_key
from fullfield.metrics import c2st, thinning
from fullfield.pipeline import calibration, estimation
from fullfield.pipeline.stored_features import MapsOf
from fullfield.pipeline.summaries import first_views
from fullfield.resume import Resume
from fullfield.tasks import ProductPrior
from fullfield.types import Float


@dataclasses.dataclass(frozen=True)
class JudgementSettings:
    """How a summary is judged.

    Attributes
    ----------
    method
        Inference method with a normalised density, the same for every summary.
    estimator
        Its settings.
    seeds
        Index of each training of the compressor.
    seed
        Integer seed of the workflow.
    num_flows
        Flows of the ensemble that serves one compressor.
    num_draws, num_coverage_draws
        Draws per observation and per test simulation.
    num_rows
        Most rows a side of the C2ST.
    """

    method: Method
    estimator: Any
    seeds: Sequence[int]
    seed: int
    num_flows: int
    num_draws: int
    num_coverage_draws: int
    num_rows: int


class Judgement(NamedTuple):
    """What one summary keeps."""

    dataset: xr.Dataset
    """``draws`` of theta (seed, observation, draw, parameter); ``test_log_prob``, log q(u | t) in nats (seed,
    simulation, by their index), and ``test_summary`` (seed, simulation, entry); where there are mocks over the prior,
    ``mock_log_prob``, the mean of log q over their explicit draws (seed, mock)."""
    coverage: pd.DataFrame
    """SBC and TARP of every seed."""
    comparison: pd.DataFrame
    """C2ST against the reference: seed, observation, c2st, standard_error, num_rows."""
    estimator: Estimator
    """Of all seeds, one after another, `num_flows` flows of each."""


def judge(
    compressors: Sequence[Compressor] | None,
    features: dict[str, xr.Dataset],
    references: dict[str, np.ndarray],
    prior: ProductPrior,
    settings: JudgementSettings,
    *,
    maps: Mapping[str, MapsOf] | None = None,
    resume: Resume | None = None,
) -> Judgement:
    """Infer with the summary of every seed, by the same method, and confront it with truths and references.

    Parameters
    ----------
    compressors
        One per seed, or None for features that are the summary.
    features
        ``inference`` and ``calibration`` simulations, ``observed`` maps and, if any, ``mocks`` over the prior: stored
        features.
    references
        Chains (chain, draw, p) by name of observation, in the order of ``observed``; empty for no C2ST.
    prior
        The prior.
    settings
        Method, seeds and numbers of draws.
    maps
        By name of those `features` that hold no maps, where compressors with convolutions find them.
    resume
        As in `train.fit`.

    Returns
    -------
    Judgement
    """
    seeds, seed, num_flows, method = settings.seeds, settings.seed, settings.num_flows, settings.method
    summaries = [_all_summaries(features, one, maps or {}) for one in compressors or [None] * len(seeds)]
    inference = features["inference"]["u"].values
    # The same key for every summary: the same split of the simulations, initial weights and batches.
    root = stage_key(seed, "judge_losses", "train")
    indices = jnp.asarray(seeds)[:, None] * num_flows + jnp.arange(num_flows)
    keys = jax.vmap(lambda index: jax.random.fold_in(root, index))(indices.ravel())
    stacked = np.repeat(np.stack([one["inference"] for one in summaries]), num_flows, axis=0)
    ensemble, _ = method.fit(keys, Simulations(inference, stacked), settings.estimator, resume=resume)
    parts, coverage, comparison = [], [], []
    for index, (own, label) in enumerate(zip(summaries, seeds, strict=True)):
        estimator = ensemble.select(slice(index * num_flows, (index + 1) * num_flows))
        # Keys by name: those of a purpose fold in an index, which must not meet another purpose's.
        key, coverage_key = (stage_key(seed, "judge_losses", name, label) for name in ("observed", "calibration"))
        draws = estimation.sample_many(key, method, estimator, prior, own["observed"], settings.num_draws).theta
        parts.append(_densities(method, estimator, own, features).assign(draws=(_DRAWS, draws)))
        truths = features["calibration"]
        calibrated = _coverage(coverage_key, estimator, prior, own["calibration"], truths, settings)
        coverage.append(calibrated.assign(seed=label))
        comparison += [
            {"seed": label, "observation": name, **classify(draws[place], reference, settings.num_rows, seed)._asdict()}
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
        ensemble,
    )


_DRAWS = ("observation", "draw", "parameter")


def _all_summaries(
    features: dict[str, xr.Dataset], compressor: Compressor | None, maps: Mapping[str, MapsOf]
) -> dict[str, np.ndarray]:
    if compressor is None:
        return {name: stored["features"].values[0] for name, stored in features.items()}
    return {name: first_views(stored, compressor, maps.get(name)) for name, stored in features.items()}


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
    # Simulations are left out where features are not finite, which differ from summary to summary.
    dataset = dataset.assign_coords(parameter=test["parameter"].values, simulation=test["simulation_index"].values)
    if "mocks" not in features:
        return dataset
    draws = jnp.asarray(features["mocks"]["draws"].values)
    expected = [
        float(jnp.mean(method.log_prob(estimator, one, jnp.asarray(summary))))
        for one, summary in zip(draws, own["mocks"], strict=True)
    ]
    return dataset.assign(mock_log_prob=("mock", np.array(expected)))


def _coverage(key, estimator, prior, summaries, truths, settings: JudgementSettings) -> pd.DataFrame:
    method, num_draws = settings.method, settings.num_coverage_draws
    draws = estimation.sample_many(key, method, estimator, prior, summaries, num_draws).theta
    names = [str(name) for name in truths["parameter"].values]
    return calibration.calibration(draws, truths["theta"].values, summaries, names, settings.seed)[0]


def classify(
    draws: Float[np.ndarray, "row p"], reference: Float[np.ndarray, "chain draw p"], num_rows: int, seed: int
) -> c2st.C2ST:
    """Return the C2ST of a method's draws against reference chains."""
    # As many as null and yardstick have, which a C2ST grows with.
    rows = thinning.thin(reference, min(c2st.rows_of_halves(reference, num_rows), len(draws)))
    # Draws come flow by flow: evenly spaced ones are of all.
    return c2st.c2st(draws[thinning.evenly(len(draws), len(rows))], rows, seed=seed)
