"""Stored features in rows, beside their maps where a network looks at these: what batches are drawn from."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from fullfield.compress.augment import augment_maps
from fullfield.compress.losses import FIDUCIAL, Loss
from fullfield.compress.standardise import Seen
from fullfield.compress.views import Source
from fullfield.pipeline.stored_features import MapsOf
from fullfield.types import Array


def rows_source(stored: xr.Dataset, loss: Loss, pool: int, maps: MapsOf | None) -> Source:
    """Return what a file holds in rows, beside the maps where there are any."""
    num_views = stored.sizes["view"]
    target = _in_rows(_targets(stored, loss)[None], num_views, pool)
    features = _in_rows(stored["features"].values, num_views, pool)
    if maps is None:
        return Source(lambda row, data: (data[0][row], data[1][row], jnp.array(True)), (target, features))
    indices = stored["simulation_index"].values[None], stored["view_index"].values
    return _beside_maps(maps, target, features, tuple(_in_rows(one, num_views, pool) for one in indices))


def rows_of_seeds(num_seeds: int, num_train: int, pool: int, num_views: int) -> np.ndarray:
    """Return (seed, row) what each seed trains on, in the order of `_in_rows`."""
    starts = np.arange(num_seeds) * (pool // num_seeds)
    picked = (starts[:, None] + np.arange(num_train)) % pool
    return np.concatenate([picked + view * pool for view in range(num_views)], axis=1)


def _in_rows(values: np.ndarray, num_views: int, pool: int) -> Array:
    """Return (view, simulation, ...) as rows, view by view: those of the first `pool` simulations, then the others'."""
    views = np.broadcast_to(values, (num_views, *values.shape[1:]))
    shape = (-1, *views.shape[2:])
    return jnp.asarray(np.concatenate([views[:, :pool].reshape(shape), views[:, pool:].reshape(shape)]))


def _beside_maps(maps: MapsOf, target: Array, features: Array, place: tuple[Array, Array]) -> Source:
    """Return features with their maps; the features are invariant under the symmetries that move the maps."""

    def view(simulation, row, noise_key, simulations):
        again = maps._replace(source=maps.source._replace(data=simulations), noise_key=noise_key)
        return again.view(simulation, row)

    if jax.default_backend() == "cpu":
        # Those of several trainings, too, are made one after another: side by side takes two to three times as long.
        view = jax.custom_batching.sequential_vmap(view)

    def generate(position, data):
        target, features, place, noise_key, simulations = data
        x = view(*(one[position] for one in place), noise_key, simulations)
        return target[position], Seen(features[position], x), jnp.array(True)

    def observe(key, seen):
        return seen._replace(maps=augment_maps(key, seen.maps))

    data = target, features, place, maps.noise_key, maps.source.data
    return Source(generate, data, observe, channels=maps.source.channels)


def _targets(stored: xr.Dataset, loss: Loss) -> np.ndarray:
    if loss.simulations != FIDUCIAL:
        return stored["u"].values
    if "derivative" not in stored:
        raise ValueError("this loss needs derivatives of the features at the fiducial point; the file has none")
    return stored["derivative"].values
