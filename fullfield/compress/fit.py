"""Train a compressor on simulations generated on the fly from counted seeds."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield import io, train
from fullfield.compress.batching import mean_in_chunks
from fullfield.compress.losses import PRIOR, Batch, Loss
from fullfield.compress.networks import SummaryNetwork
from fullfield.compress.standardise import Features, feature_vectors, standardisation, summarise
from fullfield.compress.views import Source
from fullfield.resume import Resume
from fullfield.types import Array, ArrayLike, Float, Int, Params, RandomKey, RandomKeys


@dataclasses.dataclass(frozen=True)
class CompressorSettings:
    """Architecture and budget of one compressor.

    Attributes
    ----------
    num_simulations, num_validation
        Distinct simulations seen in training, with new noise and a new symmetry at each visit, and those that validate,
        with fixed noise.
    batch_size, fit
        Maps per step; steps, learning rate and stopping rule.
    num_channels, num_blocks, num_hidden
        Of the network, as in `SummaryNetwork`.
    max_validation_share
        Largest share of the simulations that validates, where there are few.
    max_validation_numbers
        Numbers of x validated at once; more are taken in chunks, where the loss is a mean over simulations.
    """

    num_simulations: int
    num_validation: int
    batch_size: int
    fit: train.FitSettings
    num_channels: int = 0
    num_blocks: int = 1
    num_hidden: int = 128
    max_validation_share: float = 0.1
    max_validation_numbers: int = 2**25

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "CompressorSettings":
        """Return the settings that the block ``compressor`` of the configuration holds."""
        names = {field.name for field in dataclasses.fields(cls)} & set(budget)
        return cls(fit=train.FitSettings.from_budget(budget), **{name: budget[name] for name in names})

    def network(self, num_outputs: int) -> SummaryNetwork:
        """Return the architecture, the same for every loss but for the numbers that it puts out."""
        return SummaryNetwork(num_outputs, self.num_channels, self.num_blocks, num_hidden=self.num_hidden)

    def validation_chunk(self, x: Float[Array, "simulation ..."]) -> int:
        """Return how many simulations of such data are validated at once."""
        return max(self.batch_size, self.max_validation_numbers // x[0].size)


@dataclasses.dataclass(frozen=True)
class Compressor:
    """A trained summary t(x): standardisation, features and network.

    Attributes
    ----------
    network
        The network.
    features
        Function of x that feeds the head; None for data that are vectors.
    params
        Weights: ``network`` and ``standardise`` (means and scales).
    num_summaries
        How many of the network's outputs are the summary, the first ones.
    """

    network: SummaryNetwork
    features: Features | None
    params: Params
    num_summaries: int

    def __call__(self, x: Float[Array, "batch ..."]) -> Float[Array, "batch s"]:
        """Return the summaries of a batch of data."""
        return summarise(self.network, self.features, self.params, x)[:, : self.num_summaries]

    def with_features(self, features: Features | None) -> "Compressor":
        """Return the same compressor for data of another form: maps in place of their features, or the reverse."""
        return dataclasses.replace(self, features=features)


def save_compressors(path: str | Path, compressors: Sequence[Compressor], settings: dict[str, Any]) -> None:
    """Write the weights of all seeds as safetensors, the network's arguments and `settings` as JSON beside them."""
    first = compressors[0]
    params = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[one.params for one in compressors])
    num_weights = sum(leaf.size for leaf in jax.tree.leaves(first.params["network"]))
    arguments = {
        "network": dataclasses.asdict(first.network),
        "num_summaries": first.num_summaries,
        "num_weights": num_weights,
    }
    io.save_params(path, params, {**arguments, **settings})


def load_compressors(path: str | Path, features: Features | None = None) -> list[Compressor]:
    """Read compressors written by `save_compressors`; `features` must be the function that they were trained with."""
    params, settings = io.load_params(path)
    network, num_seeds = SummaryNetwork(**settings["network"]), len(jax.tree.leaves(params)[0])
    weights = [jax.tree.map(lambda leaf, s=s: leaf[s], params) for s in range(num_seeds)]
    return [Compressor(network, features, one, settings["num_summaries"]) for one in weights]


def fit_compressor(
    keys: RandomKeys,
    loss: Loss,
    source: Source,
    settings: CompressorSettings,
    *,
    rows: Int[ArrayLike, "seed simulation"] | None = None,
    resume: Resume | None = None,
) -> tuple[list[Compressor], pd.DataFrame]:
    """Minimise the loss of t(x) over maps regenerated from their index.

    Parameters
    ----------
    keys
        (num_seeds,) typed keys.
    loss
        A `Loss`; its own network is thrown away.
    source
        Simulations: indices 0 ... num_simulations - 1 train, the next num_validation validate.
    settings
        Architecture and budget.
    rows
        (num_seeds, n) simulations that each seed trains on, where they are not the same for all.
    resume
        As in `train.fit`.

    Returns
    -------
    tuple
        One `Compressor` per seed and the learning curves (seed, step, training, validation).

    Raises
    ------
    train.TrainingError
        Where training diverges.
    """
    if rows is None:
        rows = jnp.tile(jnp.arange(settings.num_simulations), (keys.shape[0], 1))
    rows = jnp.asarray(rows)
    held_out = settings.num_simulations + jnp.arange(settings.num_validation)
    noise_key = jax.random.fold_in(keys[0], settings.num_simulations)
    features, network = source.features, settings.network(loss.num_outputs)
    observe = jax.jit(lambda key, index, data: _observe(key, index, source._replace(data=data)))
    validation = observe(noise_key, held_out, source.data)
    seen = validation.x[np.flatnonzero(validation.valid)]
    frozen = {"standardise": standardisation(features, seen)}
    # Two of them: the rest need not stay in memory twice.
    seen = seen[:2]
    example = feature_vectors(features, seen)
    is_mean = loss.simulations == PRIOR
    chunk = settings.validation_chunk(validation.x) if is_mean else settings.num_validation

    def initial(key):
        network_key, loss_key = jax.random.split(key)
        return {"network": network.init(network_key, seen, example), "loss": loss.init(loss_key)}

    def batch_loss(params, batch):
        fixed = {"network": params["network"], **frozen}
        return loss.value(params["loss"], lambda x: summarise(network, features, fixed, x), batch)

    def training_loss(params, key, data):
        index_key, observe_key = jax.random.split(key)
        index = jax.random.choice(index_key, data["rows"], (settings.batch_size,))
        return batch_loss(params, _observe(observe_key, index, source._replace(data=data["simulations"])))

    def validation_loss(params, data):
        return mean_in_chunks(lambda batch: batch_loss(params, batch), data["validation"], chunk)

    result = train.fit(
        keys,
        jax.jit(jax.vmap(initial))(keys),
        training_loss,
        validation_loss,
        {"simulations": source.data, "validation": validation, "rows": rows},
        settings.fit,
        data_axes={"simulations": None, "validation": None, "rows": 0},
        resume=resume,
    )
    weights = [jax.tree.map(lambda leaf, s=s: leaf[s], result.params["network"]) for s in range(keys.shape[0])]
    compressors = [Compressor(network, features, {"network": one, **frozen}, loss.num_summaries) for one in weights]
    return compressors, result.history


def _observe(key: RandomKey, index: Array, source: Source) -> Batch:
    """Observe simulations; invalid ones have no signal, so that features and gradients stay finite."""

    def one(pair):
        position, key = pair
        target, signal, valid = source.generate(position, source.data)
        signal = jnp.where(valid, signal, 0.0)
        x = source.observed(key, signal)
        return Batch(jax.tree.map(lambda leaf: jnp.where(valid, leaf, 0.0), target), x, valid.astype(x.dtype))

    pairs = (index, jax.random.split(key, len(index)))
    # On a CPU maps are made faster one after another than in a batch, and in less memory.
    one_by_one = source.observe is not None and jax.default_backend() == "cpu"
    return jax.lax.map(one, pairs) if one_by_one else jax.vmap(one)(pairs)
