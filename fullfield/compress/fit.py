"""Train a compressor on simulations made, or looked up, by their index."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield import train
from fullfield.compilation import jit_once
from fullfield.compress.batching import mean_in_chunks
from fullfield.compress.compressor import Compressor
from fullfield.compress.items import map_items
from fullfield.compress.losses import PRIOR, Batch, Loss
from fullfield.compress.networks import PATCHES, SummaryNetwork
from fullfield.compress.standardise import Batched, Channels, inputs, standardisation, summarise
from fullfield.compress.starts import better, solved, untrained
from fullfield.compress.views import Source
from fullfield.resume import Resume
from fullfield.types import Array, ArrayLike, Int, Params, RandomKey, RandomKeys

VALIDATION, SOLUTION = 2**31 - 1, 2**31 - 2
"""What is folded into the keys of the noise that validation and linear solutions see; steps of training are folded in,
too, and never get there."""

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
    num_channels, num_blocks, num_hidden, body
        Of the network, as in `SummaryNetwork`.
    num_solved
        Simulations, the first, that a linear summary is solved for with; all of them where this is None.
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
    body: str = PATCHES
    num_solved: int | None = None
    max_validation_share: float = 0.1
    max_validation_numbers: int = 2**25

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "CompressorSettings":
        """Return the settings that the block ``compressor`` of the configuration holds."""
        names = {field.name for field in dataclasses.fields(cls)} & set(budget)
        return cls(fit=train.FitSettings.from_budget(budget), **{name: budget[name] for name in names})

    def network(self, loss: Loss) -> SummaryNetwork:
        """Return the architecture, the same for every loss that trains one but for the numbers that it puts out."""
        if not loss.is_trained:
            return SummaryNetwork(loss.num_outputs, num_channels=0, num_hidden=0)
        names = ("num_channels", "num_blocks", "num_hidden", "body")
        return SummaryNetwork(loss.num_outputs, **{name: getattr(self, name) for name in names})

    def validation_chunk(self, x: Batched) -> int:
        """Return how many simulations of such data are validated at once."""
        size = sum(leaf[0].size for leaf in jax.tree.leaves(x))
        return max(self.batch_size, self.max_validation_numbers // size)


def fit_compressor(
    keys: RandomKeys,
    loss: Loss,
    source: Source,
    settings: CompressorSettings,
    *,
    rows: Int[ArrayLike, "seed simulation"] | None = None,
    scales: Params | None = None,
    start: Params | None = None,
    resume: Resume | None = None,
) -> tuple[list[Compressor], pd.DataFrame]:
    """Minimise the loss of t(x), or solve for its minimum, over simulations made, or looked up, by their index.

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
    scales
        Means and scales (`standardise.standardisation`), where they are not those of the simulations that validate.
    start
        Weights of the network that every seed starts from, in place of random ones; where the loss has a linear
        solution, its outputs are recombined.
    resume
        As in `train.fit`.

    Returns
    -------
    tuple
        One `Compressor` per seed, for vectors or `Seen`, and the learning curves (seed, step, training, validation).

    Raises
    ------
    ValueError
        Where a linear summary cannot be solved for.
    train.TrainingError
        Where training diverges.
    """
    if rows is None:
        rows = jnp.tile(jnp.arange(settings.num_simulations), (keys.shape[0], 1))
    rows = jnp.asarray(rows)
    held_out = settings.num_simulations + jnp.arange(settings.num_validation)
    noise_key = jax.random.fold_in(keys[0], VALIDATION)
    channels, network = source.channels, settings.network(loss)
    observe = jax.jit(lambda key, index, data: _observe(key, index, source._replace(data=data)))
    validation = observe(noise_key, held_out, source.data)
    valid = np.flatnonzero(validation.valid)
    # All features, but not all maps twice.
    seen = _rows(validation.x, valid if channels is None else valid[:MAX_MAPS])
    frozen = {"standardise": scales or standardisation(channels, seen)}
    # Two of them: the rest need not stay in memory twice.
    example = inputs(channels, frozen["standardise"], _rows(seen, slice(2)))
    del seen
    value = _value_of(loss, network, channels, frozen)

    def initial(key):
        network_key, loss_key = jax.random.split(key)
        own = network.init(network_key, *example) if start is None else start
        return {"network": own, "loss": loss.init(loss_key)}

    params = jit_once(jax.vmap(initial))(keys)
    if loss.solve:
        few = [
            observe(jax.random.fold_in(key, SOLUTION), one[: settings.num_solved], source.data)
            for key, one in zip(keys, rows, strict=True)
        ]
        look = functools.partial(inputs, channels, frozen["standardise"])
        params["network"] = solved(network, loss, look, params["network"], few, is_trained=start is not None)
    objectives = _objectives(loss, value, source, settings)
    data = {"simulations": source.data, "validation": validation, "rows": rows}
    if loss.is_trained:
        axes = {"simulations": None, "validation": None, "rows": 0}
        result = train.fit(keys, params, objectives, train.Inputs(data, axes), settings.fit, resume=resume)
        history = result.history
        # Where training starts from a solution, this is kept unless something better is found.
        params = better(objectives.validation, params, result.params, data, len(keys)) if loss.solve else result.params
    else:
        history = untrained(objectives.validation, params, data, len(keys))
    weights = [{"network": _rows(params["network"], s), **frozen} for s in range(len(keys))]
    if loss.whiten:
        whitening = jit_once(lambda one, batch: loss.whiten(lambda x: summarise(network, channels, one, x), batch))
        weights = [{**one, "whiten": whitening(one, validation)} for one in weights]
    compressors = [Compressor(network, None, one, loss.num_summaries, channels) for one in weights]
    return compressors, history


def _value_of(loss: Loss, network: SummaryNetwork, channels: Channels | None, frozen: Params) -> Callable[..., Array]:
    """Return (weights, batch, function of a loss) -> scalar."""

    def value(params, batch, function=loss.value):
        fixed = {"network": params["network"], **frozen}
        return function(params["loss"], lambda x: summarise(network, channels, fixed, x), batch)

    return value


def _objectives(loss: Loss, value: Callable[..., Array], source: Source, settings: CompressorSettings) -> train.Losses:
    """Return what training minimises, and what decides which weights are kept."""

    def training_loss(params, key, data):
        index_key, observe_key = jax.random.split(key)
        index = jax.random.choice(index_key, data["rows"], (settings.batch_size,))
        return value(params, _observe(observe_key, index, source._replace(data=data["simulations"])))

    def validation_loss(params, data):
        x = data["validation"].x
        chunk = settings.validation_chunk(x) if loss.simulations == PRIOR else settings.num_validation
        selection = loss.selection or loss.value
        return mean_in_chunks(lambda batch: value(params, batch, selection), data["validation"], chunk)

    return train.Losses(training_loss, validation_loss)


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
    # Maps that are observed anew are larger than fields that are data already.
    at_once = source.channels is None or source.observe is None
    return jax.vmap(one)(pairs) if at_once else map_items(one, pairs)
