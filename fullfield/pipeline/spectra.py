"""Fit the surrogate of the spectra of one survey on one grid, and measure how good it is."""

import dataclasses
import logging
from collections.abc import Mapping
from typing import Any

import jax
import pandas as pd

from fullfield.survey import Survey
from fullfield.theory import surrogate
from fullfield.theory.exact import ExactTheory
from fullfield.types import RandomKey

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class SurrogateSettings:
    """Budget of the surrogate.

    Attributes
    ----------
    num_training, num_validation
        Exact spectra that it is fitted to and judged on.
    """

    num_training: int
    num_validation: int

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "SurrogateSettings":
        """Return the settings that the block ``theory`` of the configuration holds."""
        return cls(budget["num_training"], budget["num_validation"])


def fit_surrogate(
    key: RandomKey, survey: dict[str, Any], num_pixels: int, settings: SurrogateSettings
) -> tuple[surrogate.Surrogate, pd.DataFrame]:
    """Fit the surrogate to exact spectra over the prior and judge it on fresh draws of the prior.

    Parameters
    ----------
    key
        A typed key.
    survey
        Contents of the survey file.
    num_pixels
        Pixels on a side of the maps.
    settings
        Numbers of exact spectra.

    Returns
    -------
    tuple
        The surrogate and its accuracy: pair, median, q95, q99, max of the relative error in percent.
    """
    training_key, validation_key = jax.random.split(key)
    exact = ExactTheory(Survey.from_mapping(survey), num_pixels)
    training = surrogate.draw_training(training_key, settings.num_training)
    fitted = surrogate.fit_surrogate(
        training, *exact.evaluate(training), ell=exact.ell, survey=exact.survey, num_pixels=num_pixels
    )
    validation = surrogate.draw_prior(validation_key, settings.num_validation)
    table = surrogate.accuracy(fitted, validation, *exact.evaluate(validation))
    logger.info("degree %d; 95 %% of the errors below %.3g %%", fitted.degree, table["q95"].max())
    return fitted, table
