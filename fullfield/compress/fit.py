"""Train a compressor on simulations generated on the fly from counted seeds."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield import io, train
from fullfield.compress.losses import Loss
from fullfield.compress.networks import SummaryNetwork
from fullfield.types import Array, ArrayLike, Float, Params, RandomKey, RandomKeys

Generator = Callable[[Array, Any], tuple[Array, Array, Array]]
"""(index, data) -> (u, signal, valid)."""

Features = Callable[[Array, Array], Array]
"""(x, filter matrix) -> vector: `SpectralFeatures`, or any other function of the data."""

MAX_FEATURE = 6.0
"""Features are clipped at so many standard deviations: products of maps have heavy tails."""
TINY = 1e-12


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
    # The filter and the features have no weights: no gradient passes through them.
    raw = jax.lax.stop_gradient(feature_vectors(features, params["filter"], x))
    standard = (raw - fixed["feature_mean"]) / fixed["feature_scale"]
    return network.apply(params["network"], scaled, jnp.clip(standard, -MAX_FEATURE, MAX_FEATURE))


def feature_vectors(features: Features | None, matrix: Array, x: Float[Array, "batch ..."]) -> Float[Array, "batch f"]:
    """Return the features of a batch, or the flattened data where there are none."""
    return x.reshape(len(x), -1) if features is None else jax.lax.map(lambda one: features(one, matrix), x)


def standardisation(features: Features | None, matrix: Array, x: Float[Array, "batch ..."]) -> Params:
    """Measure means and scales on a batch: per bin for maps, per entry for features and vectors."""
    axes = (0, 2, 3) if x.ndim == 4 else (0,)
    values = jax.jit(lambda x: feature_vectors(features, matrix, x))(x)
    return {
        "x_mean": x.mean(axes, keepdims=True)[0],
        "x_scale": x.std(axes, keepdims=True)[0] + TINY,
        "feature_mean": values.mean(0),
        "feature_scale": values.std(0) + TINY,
    }


def fit_compressor(
    keys: RandomKeys,
    loss: Loss,
    network: SummaryNetwork,
    generate: Generator,
    observe: Callable[[RandomKey, Array], Array],
    data: Any,
    settings: CompressorSettings,
    *,
    features: Features | None = None,
    matrix: Float[ArrayLike, "..."] | None = None,
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
        ``generate(index, data) -> (u, signal, valid)``: simulation `index`, the same whenever it is asked for; indices
        0 ... num_simulations - 1 train, the next num_validation validate. Invalid simulations count for nothing.
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
    validation = _observe(noise_key, held_out, generate, observe, data)
    seen = validation.x[np.flatnonzero(validation.valid)]
    frozen = {"standardise": standardisation(features, matrix, seen), "filter": matrix}
    example = feature_vectors(features, matrix, seen[:2])

    def initial(key):
        network_key, loss_key = jax.random.split(key)
        return {"network": network.init(network_key, seen[:2], example), "loss": loss.init(loss_key)}

    def batch_loss(params, batch):
        summary = summarise(network, features, {"network": params["network"], **frozen}, batch.x)
        return jnp.sum(batch.valid * loss.value(params["loss"], summary, batch.u)) / jnp.sum(batch.valid)

    def training_loss(params, key, data):
        index_key, observe_key = jax.random.split(key)
        index = jax.random.randint(index_key, (settings.batch_size,), 0, settings.num_simulations)
        return batch_loss(params, _observe(observe_key, index, generate, observe, data["simulations"]))

    def validation_loss(params, data):
        return batch_loss(params, data["validation"])

    result = train.fit(
        keys,
        jax.vmap(initial)(keys),
        training_loss,
        validation_loss,
        {"simulations": data, "validation": validation},
        settings.fit,
        checkpoint=checkpoint,
        digest=digest,
    )
    weights = [jax.tree.map(lambda leaf, s=s: leaf[s], result.params["network"]) for s in range(keys.shape[0])]
    return [Compressor(network, features, {"network": one, **frozen}) for one in weights], result.history


class Batch(NamedTuple):
    """Observed simulations; those of invalid ones have no signal, so that features and gradients stay finite."""

    u: Array
    x: Array
    valid: Array


def _observe(key: RandomKey, index: Array, generate: Generator, observe, data: Any) -> Batch:
    """Observe simulations one after another: on a CPU that is faster than a batch, and it keeps the memory small."""

    def one(pair):
        position, key = pair
        u, signal, valid = generate(position, data)
        x = observe(key, jnp.where(valid, signal, 0.0))
        return Batch(jnp.where(valid, u, 0.0), x, valid.astype(u.dtype))

    pairs = (index, jax.random.split(key, len(index)))
    return jax.vmap(one)(pairs) if jax.default_backend() != "cpu" else jax.lax.map(one, pairs)
