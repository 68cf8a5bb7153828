"""What a network sees of data: features and maps of order one."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from fullfield.compilation import jit_once
from fullfield.compress.items import map_items
from fullfield.compress.networks import SummaryNetwork
from fullfield.precision import full_precision
from fullfield.types import Array, Float, Params

Features = Callable[[Array], Array]
"""x -> vector: `SpectralFeatures`, or any other function of the data."""
Channels = Callable[[Array], Array]
"""x (bins, N, N) -> (channels, N, N): what convolutions see of a set of maps, such as filtered ones beside them."""


def pixels(x: Array) -> Array:
    """Return maps as they are: channels of a network that sees them pixel by pixel."""
    return x


MAX_FEATURE = 6.0
"""Features are clipped at so many standard deviations: products of maps have heavy tails."""
TINY = 1e-12


class Seen(NamedTuple):
    """A batch for a network with convolutions."""

    features: Float[Array, "batch f"]
    maps: Float[Array, "batch bins n n"]


Batched = Float[Array, "batch ..."] | Seen
"""What a network is applied to: vectors, or maps with their features."""


def look_at(x: Batched, features: Features | None, *, with_maps: bool) -> Batched:
    """Return the features of a batch, beside the maps where the network has convolutions; x if there are none.

    Raises
    ------
    ValueError
        For a network with convolutions that is given no features, and for features that are there already.
    """
    if with_maps and features is None and not isinstance(x, Seen):
        raise ValueError("a network with convolutions sees maps and their features: give it the features, or `Seen`")
    if features is not None and isinstance(x, Seen):
        raise ValueError("`Seen` holds features: this compressor makes them itself (`Compressor.with_features(None)`)")
    if features is None:
        return x
    # They have no weights: no gradient passes through them.
    vectors = jax.lax.stop_gradient(map_items(features, x))
    return Seen(vectors, x) if with_maps else vectors


def summarise(network: SummaryNetwork, channels: Channels | None, params: Params, seen: Batched) -> Array:
    """Standardise a batch, apply the network and whiten, where this is asked for; `channels` for convolutions."""
    outputs = network.apply(params["network"], *inputs(channels, params["standardise"], seen))
    if (whiten := params.get("whiten")) is None:
        return outputs
    return full_precision(jnp.matmul)(outputs - whiten["offset"], whiten["matrix"])


def inputs(channels: Channels | None, fixed: Params, seen: Batched) -> tuple[Array, Array | None]:
    """Return features and, where there are `channels`, maps of order one."""
    standard = (_vectors(seen) - fixed["feature_mean"]) / fixed["feature_scale"]
    standard = jnp.clip(standard, -MAX_FEATURE, MAX_FEATURE)
    if channels is None:
        return standard, None
    maps = seen.maps if channels is pixels else map_items(channels, seen.maps)
    return standard, (maps - fixed["map_mean"]) / fixed["map_scale"]


def standardisation(channels: Channels | None, seen: Batched) -> Params:
    """Measure means and scales on a batch: per entry for features and vectors, per channel for maps."""

    def measure(seen):
        values = _vectors(seen)
        moments = {"feature_mean": values.mean(0), "feature_scale": values.std(0) + TINY}
        if channels is None:
            return moments

        def average(function):
            return map_items(lambda x: function(channels(x)).mean((1, 2), keepdims=True), seen.maps).mean(0)

        mean = average(lambda made: made)
        return moments | {"map_mean": mean, "map_scale": jnp.sqrt(average(lambda made: (made - mean) ** 2)) + TINY}

    return jit_once(measure)(seen)


def _vectors(seen: Batched) -> Float[Array, "batch f"]:
    return seen.features if isinstance(seen, Seen) else seen.reshape(len(seen), -1)
