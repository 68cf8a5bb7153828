"""Train a compressor on simulations made, or looked up, by their index."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield import io, train
from fullfield.compress.batching import mean_in_chunks
from fullfield.compress.items import map_items
from fullfield.compress.losses import PRIOR, Batch, Loss
from fullfield.compress.networks import SummaryNetwork
from fullfield.compress.standardise import Batched, Channels, Features, inputs, look_at, standardisation, summarise
from fullfield.compress.views import Source
from fullfield.resume import Resume
from fullfield.types import Array, ArrayLike, Float, Int, Params, RandomKey, RandomKeys

VALIDATION = 2**31 - 1
"""What is folded into the key of the validation's noise; steps of training are folded in, too, and never get there."""

MAX_MAPS = 500
"""Sets of maps whose means and scales are measured."""


@dataclasses.dataclass(frozen=True)
class CompressorSettings:
    """Architecture and budget of one compressor.

    Attributes
    ----------
    num_simulations, num_validation
        Distinct simulations seen in training, and those that validate.
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

    def validation_chunk(self, x: Batched) -> int:
        """Return how many simulations of such data are validated at once."""
        size = sum(leaf[0].size for leaf in jax.tree.leaves(x))
        return max(self.batch_size, self.max_validation_numbers // size)


@dataclasses.dataclass(frozen=True)
class Compressor:
    """A trained summary t(x): standardisation, features and network.

    Attributes
    ----------
    network
        The network.
    features
        Function of x that feeds the head; None for data that are vectors, or `Seen`.
    params
        Weights: ``network`` and ``standardise`` (means and scales).
    num_summaries
        How many of the network's outputs are the summary, the first ones.
    channels
        What its convolutions see of maps; None where it has none.
    """

    network: SummaryNetwork
    features: Features | None
    params: Params
    num_summaries: int
    channels: Channels | None = None

    def __call__(self, x: Batched) -> Float[Array, "batch s"]:
        """Return the summaries of a batch of data."""
        seen = look_at(x, self.features, with_maps=self.has_convolutions)
        channels = self.channels if self.has_convolutions else None
        return summarise(self.network, channels, self.params, seen)[:, : self.num_summaries]

    @property
    def has_convolutions(self) -> bool:
        """Whether it looks at maps, besides their features."""
        return self.network.num_channels > 0

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


def load_compressors(
    path: str | Path, features: Features | None = None, channels: Channels | None = None
) -> list[Compressor]:
    """Read compressors written by `save_compressors`; the functions must be those that they were trained with."""
    params, settings = io.load_params(path)
    network, num_seeds = SummaryNetwork(**settings["network"]), len(jax.tree.leaves(params)[0])
    weights = [jax.tree.map(lambda leaf, s=s: leaf[s], params) for s in range(num_seeds)]
    return [Compressor(network, features, one, settings["num_summaries"], channels) for one in weights]


def fit_compressor(
    keys: RandomKeys,
    loss: Loss,
    source: Source,
    settings: CompressorSettings,
    *,
    rows: Int[ArrayLike, "seed simulation"] | None = None,
    resume: Resume | None = None,
) -> tuple[list[Compressor], pd.DataFrame]:
    """Minimise the loss of t(x) over simulations made, or looked up, by their index.

    Parameters
    ----------
    keys
        (num_seeds,) typed keys.
    loss
        A `Loss`; its own network is thrown away.
    source
        Simulations: indices 0 ... num_simulations - 1 train, the next num_validation validate. What is observed is
        what the network sees: vectors or, where there are `channels`, `Seen`.
    settings
        Architecture and budget.
    rows
        (num_seeds, n) simulations that each seed trains on, where they are not the same for all.
    resume
        As in `train.fit`.

    Returns
    -------
    tuple
        One `Compressor` per seed, for vectors or `Seen`, and the learning curves (seed, step, training, validation).

    Raises
    ------
    train.TrainingError
        Where training diverges.
    """
    if rows is None:
        rows = jnp.tile(jnp.arange(settings.num_simulations), (keys.shape[0], 1))
    rows = jnp.asarray(rows)
    held_out = settings.num_simulations + jnp.arange(settings.num_validation)
    noise_key = jax.random.fold_in(keys[0], VALIDATION)
    channels, network = source.channels, settings.network(loss.num_outputs)
    observe = jax.jit(lambda key, index, data: _observe(key, index, source._replace(data=data)))
    validation = observe(noise_key, held_out, source.data)
    valid = np.flatnonzero(validation.valid)
    # All features, but not all maps twice.
    seen = _rows(validation.x, valid if channels is None else valid[:MAX_MAPS])
    frozen = {"standardise": standardisation(channels, seen)}
    # Two of them: the rest need not stay in memory twice.
    example = inputs(channels, frozen["standardise"], _rows(seen, slice(2)))
    del seen
    objectives = _objectives(loss, network, source, settings, frozen)

    def initial(key):
        network_key, loss_key = jax.random.split(key)
        return {"network": network.init(network_key, *example), "loss": loss.init(loss_key)}

    result = train.fit(
        keys,
        jax.jit(jax.vmap(initial))(keys),
        *objectives,
        {"simulations": source.data, "validation": validation, "rows": rows},
        settings.fit,
        data_axes={"simulations": None, "validation": None, "rows": 0},
        resume=resume,
    )
    weights = [jax.tree.map(lambda leaf, s=s: leaf[s], result.params["network"]) for s in range(keys.shape[0])]
    compressors = [
        Compressor(network, None, {"network": one, **frozen}, loss.num_summaries, channels) for one in weights
    ]
    return compressors, result.history


def _objectives(
    loss: Loss, network: SummaryNetwork, source: Source, settings: CompressorSettings, frozen: Params
) -> tuple[Callable[..., Array], Callable[..., Array]]:
    """Return what training and validation minimise."""

    def batch_loss(params, batch):
        fixed = {"network": params["network"], **frozen}
        return loss.value(params["loss"], lambda x: summarise(network, source.channels, fixed, x), batch)

    def training_loss(params, key, data):
        index_key, observe_key = jax.random.split(key)
        index = jax.random.choice(index_key, data["rows"], (settings.batch_size,))
        return batch_loss(params, _observe(observe_key, index, source._replace(data=data["simulations"])))

    def validation_loss(params, data):
        x = data["validation"].x
        chunk = settings.validation_chunk(x) if loss.simulations == PRIOR else settings.num_validation
        return mean_in_chunks(lambda batch: batch_loss(params, batch), data["validation"], chunk)

    return training_loss, validation_loss


def _rows(x: Any, rows: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf[rows], x)


def _observe(key: RandomKey, index: Array, source: Source) -> Batch:
    """Observe simulations; invalid ones are zero, so that gradients stay finite."""

    def one(pair):
        position, key = pair
        target, signal, valid = source.generate(position, source.data)
        x = source.observed(key, signal)
        target, x = jax.tree.map(lambda leaf: jnp.where(valid, leaf, 0.0), (target, x))
        return Batch(target, x, valid.astype(jnp.float32))

    pairs = (index, jax.random.split(key, len(index)))
    return jax.vmap(one)(pairs) if source.channels is None else map_items(one, pairs)
