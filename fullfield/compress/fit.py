"""Train a compressor on simulations generated on the fly from counted seeds."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield import io, train
from fullfield.compress.losses import Loss
from fullfield.compress.networks import SummaryNetwork
from fullfield.types import Array, Float, Params, RandomKey, RandomKeys

Features = Callable[[Array, Array], Array]
"""(x, filter matrix) -> vector: `SpectralFeatures`, or any other function of the data."""


@dataclasses.dataclass(frozen=True)
class CompressorSettings:
    """Budget of one compressor.

    Attributes
    ----------
    num_simulations
        Distinct simulations seen in training; each visit draws new noise and a new symmetry.
    num_validation
        Distinct simulations that validate, with fixed noise.
    batch_size
        Maps per step.
    fit
        Steps, learning rate and stopping rule.
    """

    num_simulations: int
    num_validation: int
    batch_size: int
    fit: train.FitSettings


@dataclasses.dataclass(frozen=True)
class Compressor:
    """A trained summary t(x): standardisation, features and network.

    Attributes
    ----------
    network
        The network.
    features
        Function of (x, filter matrix) that feeds the head; None for data that are vectors.
    params
        Weights: ``network``, ``standardise`` (means and scales) and ``filter`` (the matrix handed to `features`).
    """

    network: SummaryNetwork
    features: Features | None
    params: Params

    def __call__(self, x: Float[Array, "batch ..."]) -> Float[Array, "batch s"]:
        """Return the summaries of a batch of data."""
        return summarise(self.network, self.features, self.params, x)

    def save(self, path: str | Path, settings: dict[str, Any]) -> None:
        """Write the weights as safetensors, and the network's arguments with `settings` as JSON beside them."""
        io.save_params(path, self.params, {"network": dataclasses.asdict(self.network), **settings})

    @classmethod
    def load(cls, path: str | Path, features: Features | None) -> "Compressor":
        """Read a compressor written by `save`; `features` must be the function it was trained with."""
        params, settings = io.load_params(path)
        return cls(SummaryNetwork(**settings["network"]), features, params)


def summarise(network: SummaryNetwork, features: Features | None, params: Params, x: Array) -> Array:
    """Standardise, extract features and apply the network to a batch."""
    fixed = params["standardise"]
    scaled = (x - fixed["x_mean"]) / fixed["x_scale"]
    if features is None:
        return network.apply(params["network"], x, scaled.reshape(len(x), -1))
    # The filter and the features have no weights: no gradient passes through them.
    raw = jax.lax.stop_gradient(jax.vmap(features, (0, None))(x, params["filter"]))
    return network.apply(params["network"], scaled, (raw - fixed["feature_mean"]) / fixed["feature_scale"])


def initial_params(
    key: RandomKey, network: SummaryNetwork, features: Features | None, matrix: Array, x: Float[Array, "batch ..."]
) -> Params:
    """Return fresh weights and the standardisation measured on a batch: per bin for maps, per entry for vectors."""
    axes = (0, 2, 3) if x.ndim == 4 else (0,)
    fixed = {"x_mean": x.mean(axes, keepdims=True)[0], "x_scale": x.std(axes, keepdims=True)[0] + 1e-12}
    example = x[:2].reshape(2, -1)
    if features is not None:
        values = jax.lax.map(lambda one: features(one, matrix), x, batch_size=64)
        fixed |= {"feature_mean": values.mean(0), "feature_scale": values.std(0) + 1e-12}
        example = values[:2]
    return {"network": network.init(key, x[:2], example), "standardise": fixed, "filter": matrix}


def fit_compressor(
    keys: RandomKeys,
    loss: Loss,
    network: SummaryNetwork,
    generate: Callable[[Array, Any], tuple[Array, Array]],
    observe: Callable[[RandomKey, Array], Array],
    data: Any,
    settings: CompressorSettings,
    *,
    features: Features | None = None,
    matrix: Float[Array, "..."] | None = None,
    checkpoint: str | Path | None = None,
    digest: str = "",
) -> tuple[list[Compressor], pd.DataFrame]:
    """Minimise the loss of t(x) over maps regenerated from their index.

    Parameters
    ----------
    keys
        (num_seeds,) typed keys.
    loss
        A `Loss`; its own network is thrown away.
    network
        Architecture, with `num_summaries` as the loss wants it.
    generate
        ``generate(index, data) -> (u, signal)``: simulation `index`, the same whenever it is asked for; indices
        0 ... num_simulations - 1 train, the next num_validation validate.
    observe
        ``observe(key, signal) -> x``: fresh noise and symmetries (or the identity).
    data
        Pytree of arrays handed to `generate` (a key, or stored simulations).
    settings
        Budget.
    features, matrix
        Function without weights that feeds the head, and its filter.
    checkpoint, digest
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
    matrix = jnp.zeros(0) if matrix is None else jnp.asarray(matrix)
    held_out = settings.num_simulations + jnp.arange(settings.num_validation)
    noise_key = jax.random.fold_in(keys[0], settings.num_simulations)
    u, x = _observed_batch(noise_key, held_out, generate, observe, data)
    fixed = initial_params(keys[0], network, features, matrix, x)
    trainable = jax.vmap(lambda key: _initial(key, loss, network, features, matrix, x))(keys)
    frozen = {name: fixed[name] for name in ("standardise", "filter")}

    def batch_loss(params, u, x):
        summary = summarise(network, features, {"network": params["network"], **frozen}, x)
        return loss.value(params["loss"], summary, u)

    def training_loss(params, key, data):
        index_key, observe_key = jax.random.split(key)
        index = jax.random.randint(index_key, (settings.batch_size,), 0, settings.num_simulations)
        u, x = _observe(observe_key, index, generate, observe, data["simulations"])
        return batch_loss(params, u, x).mean()

    def validation_loss(params, data):
        chunks = jax.lax.map(lambda one: batch_loss(params, one[0][None], one[1][None])[0], data["validation"], batch_size=64)
        return chunks.mean()

    result = train.fit(
        keys,
        trainable,
        training_loss,
        validation_loss,
        {"simulations": data, "validation": (u, x)},
        settings.fit,
        checkpoint=checkpoint,
        digest=digest,
    )
    weights = [jax.tree.map(lambda leaf, s=s: leaf[s], result.params["network"]) for s in range(keys.shape[0])]
    return [Compressor(network, features, {"network": one, **frozen}) for one in weights], result.history


def _initial(key, loss, network, features, matrix, x) -> Params:
    network_key, loss_key = jax.random.split(key)
    example = x[:2].reshape(2, -1) if features is None else jax.vmap(features, (0, None))(x[:2], matrix)
    return {"network": network.init(network_key, x[:2], example), "loss": loss.init(loss_key)}


def _observe(key: RandomKey, index: Array, generate, observe, data) -> tuple[Array, Array]:
    u, signal = jax.vmap(generate, (0, None))(index, data)
    return u, jax.vmap(observe)(jax.random.split(key, len(index)), signal)


def _observed_batch(key: RandomKey, index: Array, generate, observe, data, size: int = 64) -> tuple[Array, Array]:
    """Observe many simulations, a chunk in memory at a time."""

    def one(pair):
        position, key = pair
        u, signal = generate(position, data)
        return u, observe(key, signal)

    keys = jax.random.split(key, len(index))
    return jax.jit(lambda pairs: jax.lax.map(one, pairs, batch_size=min(size, len(index))))((index, keys))
