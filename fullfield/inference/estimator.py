"""A trained estimator, of whatever method: several sets of weights with their standardisation."""

import dataclasses
import os
from typing import Any

import jax

from fullfield import io, train
from fullfield.flows import ConditionalFlow
from fullfield.inference.training import EstimatorSettings
from fullfield.types import Params


@dataclasses.dataclass(frozen=True)
class Trained:
    """Independent trainings of one network.

    Attributes
    ----------
    params
        ``weights`` and ``standardisation`` (means and scales, not trained), all with a leading seed axis.
    settings
        What it was trained with.
    """

    params: Params
    settings: EstimatorSettings

    @property
    def num_seeds(self) -> int:
        """Number of independent trainings."""
        return self.params["standardisation"]["u_mean"].shape[0]

    def select(self, seeds: slice) -> "Trained":
        """Return the estimator of some of the seeds."""
        return dataclasses.replace(self, params=jax.tree.map(lambda leaf: leaf[seeds], self.params))

    @property
    def num_parameters(self) -> int:
        """Length of u."""
        return self.params["standardisation"]["u_mean"].shape[1]

    @property
    def num_summaries(self) -> int:
        """Length of a summary."""
        return self.params["standardisation"]["summary_mean"].shape[1]

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Trained":
        """Read what `save` has written."""
        params, attrs = io.load_params(path)
        settings = attrs["estimator"]
        return cls(params, EstimatorSettings(**{**settings, "fit": train.FitSettings(**settings["fit"])}))


def save(path: str | os.PathLike, estimator: Trained, attrs: dict[str, Any] | None = None) -> None:
    """Write the weights as safetensors and, as JSON beside them, the settings and `attrs` (scale, seed, cost, ...)."""
    io.save_params(path, estimator.params, {**(attrs or {}), "estimator": dataclasses.asdict(estimator.settings)})


def make_flow(num_dimensions: int, num_conditions: int, settings: EstimatorSettings) -> ConditionalFlow:
    """Return the flow that an estimator of a density is made of."""
    return ConditionalFlow(
        num_dimensions,
        num_conditions,
        settings.num_layers,
        settings.num_hidden,
        settings.transform,
        settings.num_components,
        settings.structure,
    )
