"""How much the maps say about the parameters: explicit posteriors over the prior."""

import jax.numpy as jnp
import numpy as np
import xarray as xr

from fullfield.maps_io import MAP_DIMS
from fullfield.metrics import c2st
from fullfield.pipeline.mock_posteriors import MockPosteriors
from fullfield.pipeline.setup import Lensing
from fullfield.studies.losses.entropies import posterior_entropies
from fullfield.types import RandomKey

MIN_MOCKS = 4
NUM_KEPT = 200
"""Draws that the density of an estimator is averaged over."""


def mock_dataset(setup: Lensing, mocks: MockPosteriors, key: RandomKey) -> tuple[xr.Dataset, int]:
    """Return draws and entropies of mock observations whose chains pass the gate, and how many do not.

    Parameters
    ----------
    setup
        The lensing task.
    mocks
        Explicit posteriors.
    key
        Of the entropies.

    Returns
    -------
    tuple
        Maps ``x``, ``u`` (mock, parameter), ``draws`` of u (mock, draw, parameter), ``entropy_bound`` and ``entropy``
        (mock) of p(u | x) in nats; and the number of mocks left out.
    """
    good = mocks.passed
    if good.sum() < MIN_MOCKS:
        raise ValueError(
            f"the chains of {good.sum()} of {len(good)} mock observations pass the gate; {MIN_MOCKS} are needed:"
            " raise scales.<scale>.losses.mocks.num_draws, or lower min_ess"
        )
    draws = np.asarray(setup.task.prior.to_unconstrained(jnp.asarray(mocks.draws[good])), np.float64)
    entropies = posterior_entropies(key, draws)
    flat = draws.reshape(len(draws), -1, draws.shape[-1])
    kept = flat[:, c2st.evenly(flat.shape[1], NUM_KEPT)]
    dataset = xr.Dataset(
        {
            "u": (
                ("mock", "parameter"),
                np.asarray(setup.task.prior.to_unconstrained(jnp.asarray(mocks.theta[good]))),
            ),
            "draws": (("mock", "draw", "parameter"), kept.astype(np.float32)),
            "entropy_bound": ("mock", entropies.bound),
            "entropy": ("mock", entropies.estimate),
            "x": (("mock", *MAP_DIMS), mocks.x[good]),
        },
        coords={"parameter": list(setup.task.parameter_names)},
    )
    return dataset, int(np.sum(~good))
