"""A trained summary, and the file that it is kept in."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from fullfield import io
from fullfield.compress.networks import SummaryNetwork
from fullfield.compress.standardise import Batched, Channels, Features, look_at, summarise
from fullfield.types import Array, Float, Params


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
        Weights: ``network``, ``standardise`` (means and scales) and, for some losses, ``whiten`` (`Loss.whiten`).
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
