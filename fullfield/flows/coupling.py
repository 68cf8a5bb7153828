"""Conditional RealNVP: coupling layers whose transforms Haiku networks predict from one half and the condition."""

from typing import Any

import haiku as hk
import jax
import jax.numpy as jnp
from tensorflow_probability.substrates.jax import bijectors as tfb

from fullfield.flows.bijectors import bounded_affine, permutation
from fullfield.types import Array, Float, Params

INITIAL_VARIANCE_SCALE = 1e-3
"""Of the last layer's initial weights: a fresh flow is within a few per cent of a permutation."""


def layer_sizes(num_dimensions: int) -> tuple[int, int]:
    """Return how many coordinates a layer keeps, floor(d / 2), and how many it transforms, the rest.

    In one dimension a layer keeps none and depends on the condition alone.
    """
    num_kept = num_dimensions // 2
    return num_kept, num_dimensions - num_kept


def conditioner(num_transformed: int, num_hidden: int) -> hk.Transformed:
    """Return the network that predicts shift and raw log-scale; SiLU makes all its derivatives exist.

    Parameters
    ----------
    num_transformed
        Number of coordinates that the layer transforms.
    num_hidden
        Width of the two hidden layers.

    Returns
    -------
    hk.Transformed
        ``init(key, inputs) -> params`` and ``apply(params, inputs) -> (2, num_transformed)`` on one vector of inputs.
    """

    def network(inputs: Float[Array, " input"]) -> Float[Array, "2 coordinate"]:
        hidden = hk.nets.MLP([num_hidden, num_hidden], activation=jax.nn.silu, activate_final=True, name="hidden")
        small = hk.initializers.VarianceScaling(INITIAL_VARIANCE_SCALE)
        last = hk.Linear(2 * num_transformed, w_init=small, name="last")
        return last(hidden(inputs)).reshape(2, num_transformed)

    return hk.without_apply_rng(hk.transform(network))


def coupling_bijector(
    params: Params, condition: Float[Array, " condition"], num_dimensions: int, num_hidden: int
) -> Any:
    r"""Return y = (f_L o P_L o ... o f_0 o P_0)(z) with fixed permutations P and coupling layers f.

    .. math:: f_l(a, b) = (a, t_l(a, c) + \exp(s_l(a, c)) \odot b)

    a and b are the first and the last half of the coordinates, c is the condition (RealNVP: Dinh et al. 2017,
    arXiv:1605.08803, eqs. 4-5).

    Parameters
    ----------
    params
        Weights of one conditioner per layer, under the names ``layer_0``, ``layer_1``, ...
    condition
        Standardised condition c.
    num_dimensions
        Length of y.
    num_hidden
        Width of the conditioners.

    Returns
    -------
    tfb.Chain
        Bijector whose forward direction is from base space to data space.
    """
    num_kept, num_transformed = layer_sizes(num_dimensions)
    network = conditioner(num_transformed, num_hidden)

    def layer(index: int) -> list[Any]:
        def transform(kept: Array, _num_transformed: int) -> Any:
            return bounded_affine(*network.apply(params[f"layer_{index}"], jnp.concatenate([kept, condition])))

        return [tfb.RealNVP(num_masked=num_kept, bijector_fn=transform), permutation(index, num_dimensions)]

    # A chain applies its last element first.
    return tfb.Chain([bijector for index in reversed(range(len(params))) for bijector in layer(index)])
