"""Posteriors of expensive observations by networks that have learned from maps of any kind."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from fullfield.compress import LOSSES, Compressor, CompressorSettings, Source, fit_compressor
from fullfield.compress.augment import augment_maps
from fullfield.compress.standardise import Seen, pixels
from fullfield.emulator import Bank
from fullfield.emulator.transfer import NUM_BANDS
from fullfield.fields import Grid
from fullfield.fields.power_spectrum import PowerSpectrumEstimator
from fullfield.inference import npe
from fullfield.inference.method import Simulations
from fullfield.inference.training import EstimatorSettings
from fullfield.keys import stage_key
from fullfield.pipeline.source import in_chunks
from fullfield.resume import Resume
from fullfield.tasks.projected_density import PRIOR
from fullfield.types import Array, Float, RandomKey

NUM_VIEWS = 4
"""Of each map, with noise and symmetries of their own, that posteriors are learned from."""


@dataclasses.dataclass(frozen=True)
class InferenceSettings:
    """How posteriors are learned, the same for all kinds of maps.

    Attributes
    ----------
    num_seeds
        Networks, each with a posterior of its own.
    noise
        Standard deviation of white noise per pixel.
    num_draws
        Of each posterior.
    compressor, estimator
        Of the summary, under VMIM, and of NPE.
    """

    num_seeds: int
    noise: float
    num_draws: int
    compressor: CompressorSettings
    estimator: EstimatorSettings

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "InferenceSettings":
        """Return what the configuration says; maps on file are divided into those that train and that validate."""
        counts = {"num_simulations": 0, "num_validation": 0}
        return cls(
            budget["num_seeds"],
            budget["noise"],
            budget["num_draws"],
            CompressorSettings.from_budget({**budget["compressor"], **counts}),
            EstimatorSettings.from_budget(budget["estimator"]),
        )


class Observations(NamedTuple):
    """Noisy expensive maps over the prior."""

    theta: Float[np.ndarray, "observation p"]
    x: Float[np.ndarray, "observation n n"]


def observations(seed: int, bank: Bank, noise: float) -> Observations:
    """Return overdensities with noise."""
    key = stage_key(seed, "emulator", "noise")
    return Observations(bank.theta, np.asarray(bank.x + noise * jax.random.normal(key, bank.x.shape)))


def infer(
    seed: int,
    bank: Bank,
    observed: Observations,
    settings: InferenceSettings,
    *,
    resume: Resume | None = None,
) -> tuple[Float[np.ndarray, "seed observation draw p"], pd.DataFrame]:
    """Learn summaries and posteriors from maps without noise, and draw from the posteriors of observations.

    Kinds of maps share keys: with maps of the same initial conditions they differ in the maps alone.

    Parameters
    ----------
    seed
        Integer seed.
    bank
        Parameters of the prior and overdensities.
    observed
        Observations.
    settings
        Budget.
    resume
        Where trainings keep their state.

    Returns
    -------
    tuple
        Draws, and the learning curves of the summaries (seed, step, training, validation).
    """
    summary_key, fit_key, view_key, draw_key = jax.random.split(stage_key(seed, "emulator", "inference"), 4)
    u = np.asarray(PRIOR.to_unconstrained(jnp.asarray(bank.theta)))
    source = _source(jnp.asarray(u), jnp.asarray(bank.x), settings.noise)
    num_validation = int(settings.compressor.max_validation_share * len(u))
    compressor = dataclasses.replace(
        settings.compressor, num_simulations=len(u) - num_validation, num_validation=num_validation
    )
    compressors, history = fit_compressor(
        jax.random.split(summary_key, settings.num_seeds),
        LOSSES["vmim"](u.shape[1]),
        source,
        compressor,
        resume=resume and resume.part("summary"),
    )
    index = np.tile(np.arange(len(u)), NUM_VIEWS)
    keys = jax.random.split(view_key, len(index))
    views = np.stack([_summaries(one, source, keys, index) for one in compressors])
    fitted, _ = npe.fit(
        jax.random.split(fit_key, settings.num_seeds),
        Simulations(np.tile(u, (NUM_VIEWS, 1)), views),
        settings.estimator,
        resume=resume and resume.part("posterior"),
    )
    draws = []
    for s, one in enumerate(compressors):
        seen = in_chunks(lambda x, one=one: one(_seen(x)), observed.x)
        own = jax.random.split(jax.random.fold_in(draw_key, s), len(seen))
        made = npe.sample(own, fitted.select(slice(s, s + 1)), seen, settings.num_draws, PRIOR.to_constrained)
        draws.append(np.asarray(made.values)[:, 0])
    return np.stack(draws), history


def to_dataset(
    draws: Float[np.ndarray, "seed observation draw p"], observed: Observations, names: Sequence[str]
) -> xr.Dataset:
    """Return draws with the parameters that made the observations."""
    variables = {
        "theta": (("seed", "observation", "draw", "parameter"), draws),
        "truth": (("observation", "parameter"), observed.theta),
    }
    return xr.Dataset(variables, coords={"parameter": [str(name) for name in names]})


def _source(u: Array, maps: Array, noise: float) -> Source:
    """Return overdensities by their index, seen with fresh noise and symmetries."""

    def observe(key: RandomKey, delta: Array) -> Seen:
        noise_key, symmetry_key = jax.random.split(key)
        moved = augment_maps(symmetry_key, delta[None])[0]
        return jax.tree.map(
            lambda leaf: leaf[0], _seen((moved + noise * jax.random.normal(noise_key, delta.shape))[None])
        )

    def generate(index: Array, data: Any) -> tuple[Array, Array, Array]:
        u, maps = data
        return u[index], maps[index], jnp.array(True)

    return Source(generate, (u, maps), observe, channels=pixels)


def _seen(x: Float[Array, "batch n n"]) -> Seen:
    """Return maps beside the logarithms of their band powers."""
    estimator = PowerSpectrumEstimator(Grid(x.shape[-1], 1.0), NUM_BANDS, has_corners=True)
    modes = jnp.fft.rfft2(x).reshape(len(x), -1)
    return Seen(jnp.log(estimator.bin_modes(modes * jnp.conj(modes))), x[:, None])


def _summaries(compressor: Compressor, source: Source, keys: Array, index: np.ndarray) -> np.ndarray:
    def look(rows: Any, data: Any) -> Array:
        keys, index = rows
        seen = jax.vmap(lambda key, one: source.observe(key, source.generate(one, data)[1]))(keys, index)
        return compressor(seen)

    return in_chunks(look, (keys, index), fixed=(source.data,))
