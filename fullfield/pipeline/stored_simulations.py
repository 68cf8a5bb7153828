"""Simulations on file, vectors or images, as a source of simulations, and how they are shared between stages."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.compress.augment import augment_maps
from fullfield.compress.views import Source
from fullfield.tasks import ProductPrior
from fullfield.types import Array, RandomKey


class Stored(NamedTuple):
    """Simulations on file; a `Problem`. Nothing is added to vectors; images may lack noise and have symmetries."""

    parameter_names: tuple[str, ...]
    prior: ProductPrior
    data: tuple[Array, Array]
    """u (n, p) and x (n, ...)."""
    key: RandomKey
    """Of what is added to images."""
    symmetries: tuple[str, ...] = ()
    """Of the law of images, out of `symmetries.SYMMETRIES`."""
    noise_sigma: np.ndarray | None = None
    """(bins,) standard deviation per pixel of white noise that images lack."""
    features: Callable[[Array], Array] | None = None
    channels: Callable[[Array], Array] | None = None
    num_feature_gradients: int = 0
    score: np.ndarray | None = None
    """(n, p) estimates of grad_u log p(x | u), where the file holds scores."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of one x."""
        return self.data[1].shape[1:]

    @property
    def num_stored(self) -> int:
        """Simulations on file."""
        return len(self.data[0])

    def generate(self, index: Array, data: tuple[Array, Array]) -> tuple[Array, Array, Array]:
        """Return a row of the file, which is valid."""
        return data[0][index], data[1][index], jnp.array(True)

    def observe(self, key: RandomKey, signal: Array) -> Array:
        """Return images moved by a random symmetry, with fresh noise where they lack it; vectors as they are."""
        symmetry_key, noise_key = jax.random.split(key)
        x = augment_maps(symmetry_key, signal, self.symmetries) if self.symmetries else signal
        if self.noise_sigma is None:
            return x
        return x + self.noise_sigma[:, None, None] * jax.random.normal(noise_key, x.shape)

    def of_split(self, seed: int, split: str) -> Source:
        """Return the rows of a share (`rows_of`), whatever the seed."""
        rows = jnp.asarray(rows_of(self.num_stored, split))

        def generate(index, data):
            rows, simulations = data
            return self.generate(rows[index], simulations)

        return Source(generate, (rows, self.data), self.observe)

    @property
    def source(self) -> Source:
        """Return what a network of x itself learns from."""
        changes = bool(self.symmetries) or self.noise_sigma is not None
        return Source(self.generate, self.data, self.observe if changes else None)


def rows_of(num_stored: int, split: str) -> np.ndarray:
    """Return the rows of a share of simulations on file; ``training`` is the compressor's, those that validate last."""
    shares = split_stored(num_stored)
    return (shares | {"training": np.concatenate([shares["compressor"], shares["validation"]])})[split]


def split_stored(num_stored: int) -> dict[str, np.ndarray]:
    """Share simulations on file: 45 % train the compressor, 5 % validate it, 40 % train NPE and 10 % calibrate."""
    stops = np.round(np.array([0.45, 0.5, 0.9, 1.0]) * num_stored).astype(int)
    starts = np.concatenate([[0], stops[:-1]])
    names = ("compressor", "validation", "inference", "calibration")
    return {name: np.arange(a, b) for name, a, b in zip(names, starts, stops, strict=True)}
