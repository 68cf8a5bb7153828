"""What a network sees of data: features and maps of order one."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from fullfield.compress.items import map_items
from fullfield.compress.networks import SummaryNetwork
from fullfield.types import Array, Float, Params

Features = Callable[[Array], Array]
"""x -> vector: `SpectralFeatures`, or any other function of the data."""

MAX_FEATURE = 6.0
"""Features are clipped at so many standard deviations: products of maps have heavy tails."""
TINY = 1e-12


def summarise(network: SummaryNetwork, features: Features | None, params: Params, x: Array) -> Array:
    """Standardise, extract features and apply the network to a batch."""
    fixed = params["standardise"]
    # A network without convolutions sees the features alone, and may have been trained on stored ones.
    scaled = (x - fixed["x_mean"]) / fixed["x_scale"] if network.num_channels else x
    raw = feature_vectors(features, x)
    standard = (raw - fixed["feature_mean"]) / fixed["feature_scale"]
    return network.apply(params["network"], scaled, jnp.clip(standard, -MAX_FEATURE, MAX_FEATURE))


def feature_vectors(features: Features | None, x: Float[Array, "batch ..."]) -> Float[Array, "batch f"]:
    """Return the features of a batch, or the flattened data where there are none."""
    if features is None:
        return x.reshape(len(x), -1)
    # They have no weights: no gradient passes through them.
    return jax.lax.stop_gradient(map_items(features, x))


def standardisation(features: Features | None, x: Float[Array, "batch ..."]) -> Params:
    """Measure means and scales on a batch: per bin for maps, per entry for features and vectors."""
    axes = (0, 2, 3) if x.ndim == 4 else (0,)

    def measure(x):
        values = feature_vectors(features, x)
        return {
            "x_mean": x.mean(axes, keepdims=True)[0],
            "x_scale": x.std(axes, keepdims=True)[0] + TINY,
            "feature_mean": values.mean(0),
            "feature_scale": values.std(0) + TINY,
        }

    return jax.jit(measure)(x)
