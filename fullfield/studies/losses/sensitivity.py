"""What a network looks at: the derivative of its summary in every pixel of the observed maps."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.compilation import jit_once
from fullfield.compress.compressor import Compressor
from fullfield.fields import PowerSpectrumEstimator
from fullfield.pipeline.map_features import lensing_features
from fullfield.pipeline.setup import Lensing
from fullfield.precision import full_precision

NUM_BANDS = 12


class Sensitivity(NamedTuple):
    """Slopes by parameter and the power of each, bin by bin."""

    slopes: dict[str, np.ndarray]
    """(bins, n, n) derivative of the prediction in the maps, in prior standard deviations per unit of x."""
    ell: np.ndarray
    powers: dict[str, np.ndarray]
    """(bins, bands)."""


def sensitivity(
    setup: Lensing,
    compressor: Compressor,
    features: str,
    x: np.ndarray,
    summary: np.ndarray,
    u: np.ndarray,
    parameters: list[str],
) -> Sensitivity:
    """Differentiate the best linear prediction of parameters from a summary, through the features, in the maps.

    Parameters
    ----------
    setup
        The lensing task.
    compressor
        A trained compressor of stored features.
    features
        Their name.
    x
        (bins, n, n) maps.
    summary, u
        (simulation, entry) and (simulation, p) of test simulations, which fit the prediction.
    parameters
        Names of the parameters.

    Returns
    -------
    Sensitivity
    """
    extract, network = lensing_features(setup, features), compressor.with_features(None)
    design = np.column_stack([summary, np.ones(len(summary))])
    columns = [setup.task.parameter_names.index(name) for name in parameters]
    weights = jnp.asarray(np.linalg.lstsq(design, u[:, columns], rcond=None)[0][:-1], jnp.float32)

    @full_precision
    def predict(x):
        return network(extract(x)[None])[0] @ weights

    gradient = jit_once(jax.jacrev(predict))(jnp.asarray(x))
    estimator = PowerSpectrumEstimator(setup.grid, NUM_BANDS)
    slopes = dict(zip(parameters, np.asarray(gradient), strict=True))
    auto = np.flatnonzero(np.equal(*np.triu_indices(len(x))))
    powers = {name: np.asarray(estimator(jnp.asarray(slope)))[auto] for name, slope in slopes.items()}
    return Sensitivity(slopes, np.asarray(estimator.ell), powers)
