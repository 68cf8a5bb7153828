"""How much the maps say about the parameters: explicit posteriors over the prior."""

import jax.numpy as jnp
import numpy as np
import xarray as xr

from fullfield.maps_io import MAP_DIMS
from fullfield.metrics import c2st
from fullfield.metrics.chains import smallest_ess
from fullfield.metrics.entropy import posterior_entropy
from fullfield.pipeline.map_features import with_features
from fullfield.pipeline.mock_posteriors import MockPosteriors
from fullfield.pipeline.setup import Lensing

NUM_KEPT = 200
"""Draws that the density of an estimator is averaged over."""
MIN_ESS = 100
"""Effective draws that an entropy is estimated from; chains with fewer are left out and counted."""
MAX_ROWS = 500


def mock_datasets(
    setup: Lensing, mocks: MockPosteriors, names: list[str], seed: int
) -> tuple[dict[str, xr.Dataset], int]:
    """Return features, draws and entropy of mock observations whose chains are long enough, and how many are not.

    Parameters
    ----------
    setup
        The lensing task.
    mocks
        Explicit posteriors.
    names
        Feature sets.
    seed
        Of the entropies.

    Returns
    -------
    tuple
        By name of the set, ``features`` (view, mock, entry), maps ``x``, ``u`` (mock, parameter), ``draws`` of u (mock,
        draw, parameter) and ``entropy`` (mock) of p(u | x) in nats; and the number of mocks left out.
    """
    draws = np.asarray(setup.task.prior.to_unconstrained(jnp.asarray(mocks.draws)), np.float64)
    good = np.array([np.isfinite(one).all() and smallest_ess(one) >= MIN_ESS for one in draws])
    draws = draws[good]
    entropy = np.array([posterior_entropy(c2st.thin(one, MAX_ROWS), seed=seed) for one in draws])
    flat = draws.reshape(len(draws), -1, draws.shape[-1])
    kept = flat[:, c2st.evenly(flat.shape[1], NUM_KEPT)]
    common = xr.Dataset(
        {
            "u": (
                ("mock", "parameter"),
                np.asarray(setup.task.prior.to_unconstrained(jnp.asarray(mocks.theta[good]))),
            ),
            "draws": (("mock", "draw", "parameter"), kept.astype(np.float32)),
            "entropy": ("mock", entropy),
            "x": (("mock", *MAP_DIMS), mocks.x[good]),
        },
        coords={"parameter": list(setup.task.parameter_names)},
    )
    return with_features(setup, common, names), int(np.sum(~good))
