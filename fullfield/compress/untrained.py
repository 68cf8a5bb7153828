"""Data, or their features, as their own summary: for short vectors, which need no compression."""

import jax
import jax.numpy as jnp

from fullfield.compress.compressor import Compressor
from fullfield.compress.networks import SummaryNetwork
from fullfield.compress.standardise import standardisation
from fullfield.types import Array, Float

NONE = "none"
"""What the configuration calls it; no loss has that name."""


def uncompressed(vectors: Float[Array, "simulation ..."]) -> Compressor:
    """Return the compressor that standardises vectors by the mean and scale of some, and leaves them as they are."""
    standardise = standardisation(None, vectors)
    size = len(standardise["feature_mean"])
    network = SummaryNetwork(size, num_channels=0, num_hidden=0)
    params = network.init(jax.random.key(0), jnp.zeros((1, size)))
    return Compressor(
        network, None, {"network": network.with_linear(params, jnp.eye(size)), "standardise": standardise}, size
    )
